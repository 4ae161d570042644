// expect: time-limit | memory-limit | script-error
function process(data) {
  return Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 2 ** 52);
}
