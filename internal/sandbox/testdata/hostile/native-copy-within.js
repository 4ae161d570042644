// expect: time-limit | memory-limit | script-error
function process(data) {
  return Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1);
}
