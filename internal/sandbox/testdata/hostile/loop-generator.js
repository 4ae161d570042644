// expect: time-limit
function process(data) {
  for (const x of (function* () { for (;;) yield 1; })());
}
