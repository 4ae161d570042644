// expect: time-limit | memory-limit | output-limit
// limits: output=1MiB
function process(data) {
  let a = 'x'.repeat(1000); for (let i = 0; i < 40; i++) a = [a, a];
  return a;
}
