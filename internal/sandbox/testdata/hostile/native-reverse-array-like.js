// expect: time-limit | memory-limit | script-error
function process(data) {
  return Array.prototype.reverse.call({ length: 2 ** 53 - 1 });
}
