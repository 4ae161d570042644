// expect: time-limit | memory-limit
function process(data) {
  const [...a] = { *[Symbol.iterator]() { for (;;) yield 1; } }; return a;
}
