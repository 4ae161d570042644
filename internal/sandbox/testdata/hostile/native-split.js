// expect: time-limit | memory-limit
function process(data) {
  let s = 'a,'.repeat(1e6), n = 0; for (;;) n += s.split(',').length;
}
