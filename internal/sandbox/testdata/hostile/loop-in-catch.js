// expect: time-limit
function process(data) {
  for (;;) try { throw 1; } catch (e) { for (;;); } finally { continue; }
}
