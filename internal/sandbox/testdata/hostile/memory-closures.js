// expect: time-limit | memory-limit
function process(data) {
  let g = () => 0; for (;;) { const h = g; g = () => h; }
}
