// expect: time-limit
function process(data) {
  return JSON.parse('[1]', () => { for (;;); });
}
