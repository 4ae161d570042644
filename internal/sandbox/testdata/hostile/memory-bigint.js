// expect: time-limit | memory-limit | script-error
function process(data) {
  let x = 3n; for (;;) x *= x;
}
