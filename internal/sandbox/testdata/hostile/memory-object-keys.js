// expect: time-limit | memory-limit
function process(data) {
  const o = {}; for (let i = 0; ; i++) o['k' + i] = { i };
}
