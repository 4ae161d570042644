// expect: completed "\ud800"
function process(data) {
  return '\ud800';
}
