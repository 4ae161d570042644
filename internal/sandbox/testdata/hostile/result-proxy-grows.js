// expect: time-limit | memory-limit | output-limit | script-error
function process(data) {
  const h = { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: () => new Proxy({}, h) };
  return new Proxy({}, h);
}
