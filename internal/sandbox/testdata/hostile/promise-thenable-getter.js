// expect: time-limit
function process(data) {
  return { get then() { for (;;); } };
}
