// expect: script-error
function process(data) {
  throw null;
}
