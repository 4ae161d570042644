// expect: time-limit | memory-limit | script-error
function process(data) {
  return 'x'.repeat(2 ** 29);
}
