// expect: time-limit | memory-limit | script-error RangeError
function process(data) {
  return (1n << (1n << 34n)) > 0n;
}
