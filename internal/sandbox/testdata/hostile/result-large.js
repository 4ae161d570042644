// expect: output-limit
// limits: output=1MiB
function process(data) {
  return 'x'.repeat(2 ** 20);
}
