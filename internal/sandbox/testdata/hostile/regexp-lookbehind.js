// expect: time-limit | completed | script-error
function process(data) {
  return /(?<=^(a|a)*)b/.test('a'.repeat(40) + '!');
}
