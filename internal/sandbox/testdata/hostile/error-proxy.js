// expect: script-error | time-limit
function process(data) {
  throw new Proxy(new Error("x"), { get() { for (;;); } });
}
