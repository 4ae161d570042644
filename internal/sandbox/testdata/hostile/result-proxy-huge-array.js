// expect: time-limit | memory-limit | output-limit | script-error
function process(data) {
  return new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 32 - 1 : null });
}
