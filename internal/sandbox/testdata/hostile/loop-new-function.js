// expect: time-limit
function process(data) {
  return new Function('for (;;);')();
}
