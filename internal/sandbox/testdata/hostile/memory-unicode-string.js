// expect: time-limit | memory-limit | script-error
function process(data) {
  let s = 'é'; for (;;) s += s;
}
