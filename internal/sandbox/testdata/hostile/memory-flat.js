// expect: time-limit | memory-limit | script-error
function process(data) {
  let a = [1]; for (let i = 0; i < 40; i++) a = [a, a];
  return a.flat(Infinity);
}
