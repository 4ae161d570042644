// expect: script-error | crashed | time-limit | memory-limit
function process(data) {
  let a = []; for (let i = 0; i < 1e6; i++) a = [a];
  throw a;
}
