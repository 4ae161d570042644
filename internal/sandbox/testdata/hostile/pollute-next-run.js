// expect: completed 1
for (const k of ['leak', 'process', 'execute', 'data']) Object.prototype[k] = () => 'leaked';
globalThis.leak = Math.leak = JSON.leak = Reflect.leak = 'leaked';
Math.random = Date.now = String = Number = () => 'leaked';
function process() {
  return 1;
}
