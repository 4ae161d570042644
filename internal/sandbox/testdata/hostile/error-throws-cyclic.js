// expect: script-error
function process(data) {
  const a = {}; a.a = a; throw a;
}
