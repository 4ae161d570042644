// expect: time-limit | memory-limit | script-error
function process(data) {
  return Math.max.apply(null, { length: 2 ** 31 });
}
