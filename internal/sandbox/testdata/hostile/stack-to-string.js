// expect: script-error RangeError | time-limit
function process(data) {
  const o = { toString() { return `${this}`; } }; return `${o}`;
}
