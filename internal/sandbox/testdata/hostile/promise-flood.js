// expect: time-limit | memory-limit
function process(data) {
  for (;;) Promise.resolve().then(() => 1);
}
