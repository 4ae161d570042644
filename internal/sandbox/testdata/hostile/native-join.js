// expect: time-limit | memory-limit | script-error
function process(data) {
  return new Array(2 ** 32 - 1).join('x');
}
