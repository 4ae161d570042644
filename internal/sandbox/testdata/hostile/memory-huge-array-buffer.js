// expect: time-limit | memory-limit | script-error | crashed
function process(data) {
  return new ArrayBuffer(2 ** 46).byteLength;
}
