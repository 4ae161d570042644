// expect: script-error | crashed | completed | time-limit | memory-limit
function process(data) {
  let a = []; for (let i = 0; i < 1e6; i++) a = [a];
  return a.join();
}
