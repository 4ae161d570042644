// expect: time-limit | memory-limit
function process(data) {
  const a = []; for (let i = 0; ; i++) a.push('x'.repeat(1e5) + i);
}
