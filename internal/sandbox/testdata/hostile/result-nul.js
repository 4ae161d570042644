// expect: completed "\u0000"
function process(data) {
  return '\0';
}
