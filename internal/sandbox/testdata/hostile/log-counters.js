// expect: time-limit | memory-limit
function process(data) {
  for (let i = 0; ; i++) { console.count('k'.repeat(100) + i); console.time('k' + i); }
}
