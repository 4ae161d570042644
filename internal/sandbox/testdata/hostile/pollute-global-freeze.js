// expect: completed 1
Object.freeze(globalThis); Object.freeze(Object.prototype);
function process() {
  return 1;
}
