// expect: time-limit | completed false
function process(data) {
  return /^(?:(a|a|a)+)+(?=x)\1$/.test('a'.repeat(40) + '!');
}
