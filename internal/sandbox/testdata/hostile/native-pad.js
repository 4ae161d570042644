// expect: time-limit | memory-limit | script-error
function process(data) {
  return 'x'.padStart(2 ** 30, 'yz');
}
