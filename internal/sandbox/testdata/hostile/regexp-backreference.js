// expect: time-limit
function process(data) {
  return /^(a+)+\1$/.test('a'.repeat(40) + '!');
}
