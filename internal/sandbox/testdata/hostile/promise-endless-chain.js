// expect: time-limit | memory-limit
function process(data) {
  const f = () => Promise.resolve().then(f); return f();
}
