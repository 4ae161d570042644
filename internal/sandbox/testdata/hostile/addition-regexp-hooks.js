// expect: completed true
String.prototype.includes = RegExp.prototype[Symbol.match] = null;
Object.defineProperty(RegExp, Symbol.species, { get() { throw 1 } });
function process() { return new RegExp('\\p{L}', { toString: () => 'u' }).test('é') }
