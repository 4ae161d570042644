// expect: time-limit | script-error
function process(data) {
  const e = new Error('x'); e.name = { toString() { for (;;); } }; throw e;
}
