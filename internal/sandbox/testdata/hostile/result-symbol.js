// expect: completed null
function process(data) {
  return Symbol('x');
}
