// expect: script-error | crashed | time-limit | memory-limit
function process(data) {
  return eval('{'.repeat(1e6) + '}'.repeat(1e6));
}
