// expect: time-limit | memory-limit | script-error | crashed
function process(data) {
  return new Proxy({}, { ownKeys: () => ({ length: 1e9 }) });
}
