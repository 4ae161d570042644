// expect: time-limit
function process(data) {
  return [1, 2, 3].sort(() => { for (;;); });
}
