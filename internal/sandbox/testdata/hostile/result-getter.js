// expect: time-limit
function process(data) {
  return { get a() { for (;;); } };
}
