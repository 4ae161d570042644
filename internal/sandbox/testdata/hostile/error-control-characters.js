// expect: script-error
function process(data) {
  throw new Error('\0\x1b[31m\ud800\u202e');
}
