// expect: time-limit
function process(data) {
  return { toJSON() { for (;;); } };
}
