// expect: time-limit | memory-limit | script-error | crashed
function process(data) {
  return new Uint8Array(2 ** 31).fill(1).length;
}
