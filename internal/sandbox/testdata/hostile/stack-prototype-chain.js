// expect: script-error | crashed | completed null | time-limit | memory-limit
function process(data) {
  let p = {}; for (let i = 0; i < 1e6; i++) p = Object.create(p);
  return p.x;
}
