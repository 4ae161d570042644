// expect: completed | script-error | time-limit
function process(data) {
  const p = Promise.resolve(1); p.constructor = { get [Symbol.species]() { for (;;); } };
  return p;
}
