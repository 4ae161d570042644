// expect: time-limit | memory-limit | output-limit
// limits: output=1MiB
function process(data) {
  return new Uint8Array(1e7);
}
