// expect: completed [1,[2]]
// input: [1,[2]]
Object.defineProperty(Array.prototype, '0', { set() { throw 1; } });
Object.defineProperty(Object.prototype, 'a', { set() { throw 1; } });
function process(data) {
  return data;
}
