// expect: completed 1
Object.defineProperty(Object.prototype, 'log', { get() { throw 1; }, set() { throw 2; } });
function process() {
  console.log('x');
  return 1;
}
