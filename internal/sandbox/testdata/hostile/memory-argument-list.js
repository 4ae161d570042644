// expect: time-limit | memory-limit | script-error
function process(data) {
  return Function(...Array(1e6).fill('a'), 'return 1')();
}
