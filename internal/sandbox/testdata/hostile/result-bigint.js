// expect: script-error TypeError
function process(data) {
  return 1n;
}
