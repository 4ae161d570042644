// expect: output-limit
// limits: output=1MiB
function process(data) {
  return '\u0001'.repeat(2e5);
}
