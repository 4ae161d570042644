// expect: script-error | crashed | time-limit | memory-limit
function process(data) {
  return new RegExp('('.repeat(1e6) + ')'.repeat(1e6)).test('');
}
