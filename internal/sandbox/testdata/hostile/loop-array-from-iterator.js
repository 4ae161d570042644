// expect: time-limit | memory-limit
function process(data) {
  return Array.from((function* () { for (;;) yield {}; })());
}
