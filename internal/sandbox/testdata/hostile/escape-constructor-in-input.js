// expect: completed "undefined"
// input: {"constructor":{"prototype":{"polluted":1}}}
function process(data) {
  return typeof data.constructor.prototype.polluted + ({}).polluted === 'undefined1' ? 'x' : typeof ({}).polluted;
}
