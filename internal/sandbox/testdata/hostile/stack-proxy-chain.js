// expect: script-error | crashed | completed | time-limit | memory-limit
function process(data) {
  let p = {}; for (let i = 0; i < 1e6; i++) p = new Proxy(p, {});
  return p.x;
}
