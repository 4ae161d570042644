// expect: time-limit | memory-limit
function process(data) {
  const a = []; for (;;) { const g = (function* () { yield 1; })(); g.next(); a.push(g); }
}
