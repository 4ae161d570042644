// expect: time-limit
function process(data) {
  try { return 1; } finally { for (;;); }
}
