// expect: time-limit | memory-limit | script-error
function process(data) {
  return new Proxy({}, { ownKeys: () => ({ length: 2 ** 53 - 1 }) });
}
