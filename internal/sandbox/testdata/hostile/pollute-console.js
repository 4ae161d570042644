// expect: completed 1
console = null; delete globalThis.console; globalThis.console = { get log() { throw 1; } };
function process() {
  return 1;
}
