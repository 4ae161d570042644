// expect: script-error RangeError | completed "undefined"
function process(data) {
  try { const f = () => f(); f(); } catch (e) { return e.constructor.constructor('return typeof require')(); }
}
