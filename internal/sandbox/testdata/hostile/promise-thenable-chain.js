// expect: time-limit | memory-limit
function process(data) {
  const t = { then(f) { f(t); } }; return t;
}
