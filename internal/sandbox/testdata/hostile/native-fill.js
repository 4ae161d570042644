// expect: time-limit | memory-limit
function process(data) {
  return Array(1e9).fill(0);
}
