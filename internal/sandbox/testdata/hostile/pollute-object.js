// expect: completed {"a":1}
Object.prototype.toJSON = undefined; Object.defineProperty = () => { throw 1; }; Object.keys = () => ['x'];
function process() {
  return { a: 1 };
}
