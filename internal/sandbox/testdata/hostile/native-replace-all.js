// expect: time-limit | memory-limit
function process(data) {
  return 'a'.repeat(1e6).replace(/a/g, 'b'.repeat(1e4)).length;
}
