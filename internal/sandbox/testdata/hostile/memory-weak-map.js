// expect: time-limit | memory-limit
function process(data) {
  const m = new WeakMap(), k = []; for (;;) { const o = {}; k.push(o); m.set(o, [1]); }
}
