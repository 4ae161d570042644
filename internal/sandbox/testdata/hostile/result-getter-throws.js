// expect: script-error TypeError
function process(data) {
  return { get a() { throw new TypeError('no'); } };
}
