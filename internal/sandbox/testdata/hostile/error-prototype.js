// expect: script-error
function process(data) {
  Object.setPrototypeOf(Error.prototype, new Proxy({}, { get() { throw 1; } })); throw new Error('x');
}
