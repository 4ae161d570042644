// expect: time-limit | memory-limit
function process(data) {
  for (let i = 0; ; i++) Symbol.for('x'.repeat(1000) + i);
}
