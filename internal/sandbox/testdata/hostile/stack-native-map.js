// expect: script-error RangeError | time-limit
function process(data) {
  const f = a => [a].map(f); return f(1);
}
