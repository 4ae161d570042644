// expect: time-limit | memory-limit
function process(data) {
  let s = '\u1E9B\u0323'.repeat(1e6); for (;;) s = s.normalize('NFKD');
}
