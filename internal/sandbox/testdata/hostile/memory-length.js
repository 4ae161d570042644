// expect: time-limit | memory-limit | completed 4294967295
function process(data) {
  const a = []; a.length = 2 ** 32 - 1; return a.length;
}
