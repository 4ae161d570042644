// expect: time-limit
function process(data) {
  return /^(?=(a+)+$)\1b/.test('a'.repeat(40) + '!');
}
