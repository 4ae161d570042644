// expect: completed true | time-limit
function process(data) {
  const a = Date.now(); let n = 0; while (Date.now() - a < 20) n++; return n > 0;
}
