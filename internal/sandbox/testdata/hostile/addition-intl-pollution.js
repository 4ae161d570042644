// expect: completed ["1.234,50","01/01/1970, 00:00:00",1]
for (const target of [Object.prototype, Array.prototype]) for (const key of ['kind', 'locale', 'year']) Object.defineProperty(target, key, { get() { throw 1 }, set() { throw 2 }, configurable: true });
String.prototype.toLowerCase = WeakMap.prototype.get = Array.isArray = Number.prototype.valueOf = Date.prototype.getTime = () => { throw 3 };
function process() {
  return [(1234.5).toLocaleString('pt-BR', { minimumFractionDigits: 2, style: undefined }), new Date(0).toLocaleString('pt-BR'), 'b'.localeCompare('a', 'pt-BR')];
}
