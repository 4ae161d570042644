// expect: completed | script-error | crashed | time-limit | memory-limit
function process(data) {
  return eval('1+'.repeat(1e6) + '1');
}
