// expect: time-limit | memory-limit | output-limit
// limits: output=1MiB
function process(data) {
  const o = {}; for (let i = 0; i < 1e5; i++) o['k'.repeat(20) + i] = i;
  return o;
}
