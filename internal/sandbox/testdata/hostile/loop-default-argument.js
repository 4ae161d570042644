// expect: time-limit
function process(data) {
  return ((a = (() => { for (;;); })()) => a)();
}
