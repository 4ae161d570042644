// expect: script-error | crashed | time-limit | memory-limit
function process(data) {
  return eval('function a(){'.repeat(1e6));
}
