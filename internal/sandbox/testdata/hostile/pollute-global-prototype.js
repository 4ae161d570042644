// expect: completed 1 | script-error
Object.setPrototypeOf(globalThis, new Proxy({}, { get() { throw 1; }, has() { throw 2; } }));
function process() {
  return 1;
}
