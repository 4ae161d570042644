// expect: time-limit
function process(data) {
  return 1 instanceof { [Symbol.hasInstance]() { for (;;); } };
}
