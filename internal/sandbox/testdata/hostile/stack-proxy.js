// expect: script-error | time-limit
function process(data) {
  const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x;
}
