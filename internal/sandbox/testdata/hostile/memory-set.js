// expect: time-limit | memory-limit
function process(data) {
  const m = new Set(); for (let i = 0; ; i++) m.add('k' + i);
}
