// expect: time-limit | memory-limit | script-error | crashed
function process(data) {
  return JSON.parse('['.repeat(1e6));
}
