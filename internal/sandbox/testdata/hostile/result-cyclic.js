// expect: script-error TypeError
function process(data) {
  const a = {}; a.a = a; return a;
}
