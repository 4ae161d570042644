// expect: time-limit | memory-limit
function process(data) {
  const a = []; for (let i = 0; ; i++) a.push(new Function('return [' + '1,'.repeat(1000) + i + ']'));
}
