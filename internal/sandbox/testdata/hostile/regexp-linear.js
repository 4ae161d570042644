// expect: completed false
function process(data) {
  return /^(a+)+$/.test('a'.repeat(40) + '!');
}
