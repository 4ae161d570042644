// expect: time-limit | memory-limit
function process(data) {
  const a = []; for (;;) a.push(new Float64Array(1e6).fill(1));
}
