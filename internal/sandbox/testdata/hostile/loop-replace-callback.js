// expect: time-limit
function process(data) {
  return 'x'.replace(/x/, () => { for (;;); });
}
