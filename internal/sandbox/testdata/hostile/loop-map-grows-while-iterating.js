// expect: time-limit | memory-limit
function process(data) {
  const m = new Map([[0, 0]]); let i = 0; for (const [k] of m) { m.delete(k); m.set(++i, 0); }
}
