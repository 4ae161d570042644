// expect: time-limit | memory-limit
function process(data) {
  return (2n ** 20000000n).toString();
}
