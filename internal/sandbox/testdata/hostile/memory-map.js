// expect: time-limit | memory-limit
function process(data) {
  const m = new Map(); for (let i = 0; ; i++) m.set(i, [i]);
}
