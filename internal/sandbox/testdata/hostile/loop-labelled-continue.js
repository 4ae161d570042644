// expect: time-limit
function process(data) {
  outer: for (;;) { for (;;) continue outer; }
}
