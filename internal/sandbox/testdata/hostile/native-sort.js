// expect: time-limit | memory-limit
function process(data) {
  return Array(5e6).fill(0).map((_, i) => -i).sort().length;
}
