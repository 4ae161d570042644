// expect: time-limit | memory-limit
function process(data) {
  let a = [1]; for (;;) a = a.concat(a);
}
