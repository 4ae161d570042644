// expect: completed 1 | script-error | crashed | time-limit | memory-limit
function process(data) {
  let p = Promise.resolve(1); for (let i = 0; i < 1e5; i++) { const q = p; p = (async () => q)(); }
  return p;
}
