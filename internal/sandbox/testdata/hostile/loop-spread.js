// expect: time-limit | memory-limit
function process(data) {
  return [...(function* () { for (;;) yield 1; })()];
}
