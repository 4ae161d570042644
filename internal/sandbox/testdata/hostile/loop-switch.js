// expect: time-limit
function process(data) {
  for (;;) switch (1) { case 1: continue; }
}
