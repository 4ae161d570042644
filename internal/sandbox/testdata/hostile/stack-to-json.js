// expect: script-error | time-limit | memory-limit
function process(data) {
  const o = { toJSON() { return JSON.stringify(o); } }; return o;
}
