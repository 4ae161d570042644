// expect: script-error Error
function process(data) {
  throw new Error('é'.repeat(1e5));
}
