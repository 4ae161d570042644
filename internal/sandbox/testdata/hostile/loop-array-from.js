// expect: time-limit | memory-limit | script-error
function process(data) {
  return Array.from({ length: 2 ** 53 - 1 });
}
