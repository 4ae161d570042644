// expect: time-limit | memory-limit
function process(data) {
  return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);
}
