// expect: time-limit | memory-limit
function process(data) {
  const a = []; const f = n => n ? f(n - 1) : a.push(new Error("x")); for (;;) f(100);
}
