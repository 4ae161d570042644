// expect: memory-limit | time-limit | script-error RangeError
function process() {
  const deeper = () => ({ get next() { return deeper() } });
  return structuredClone(deeper());
}
