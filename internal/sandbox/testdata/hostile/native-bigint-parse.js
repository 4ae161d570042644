// expect: time-limit | memory-limit
function process(data) {
  return BigInt('9'.repeat(2e7)) % 7n === 0n;
}
