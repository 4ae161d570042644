// expect: time-limit | memory-limit
function process(data) {
  const a = []; a.length = 2 ** 32 - 1; for (;;) a.indexOf(1);
}
