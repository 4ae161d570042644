// expect: time-limit
function process(data) {
  for (;;) { try { for (;;); } catch (e) {} finally { continue; } }
}
