// expect: time-limit | memory-limit
function process(data) {
  let a = [1, 2, 3, 4]; for (;;) a = [...a, ...a];
}
