// expect: time-limit | memory-limit | script-error
function process(data) {
  let s = 'x'; for (;;) s += s;
}
