// expect: completed {"a":[1,2]}
// What an addition relies on, it took before this ran.
Object.create = Reflect.ownKeys = Reflect.apply = Map.prototype.get = Map.prototype.set = () => { throw 1 };
Object.defineProperty(Object.prototype, 'get', { set() { throw 2 }, configurable: true });
Symbol.iterator;
function process() { Map.groupBy([1], (x) => x); return Object.groupBy([1, 2], () => 'a') }
