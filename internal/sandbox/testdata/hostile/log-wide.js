// expect: completed null | time-limit | memory-limit
function process(data) {
  const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i] = i;
  console.log(o);
}
