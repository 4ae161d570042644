// expect: time-limit | memory-limit | completed 4294967295
function process(data) {
  const a = []; a[2 ** 32 - 2] = 1; return a.length;
}
