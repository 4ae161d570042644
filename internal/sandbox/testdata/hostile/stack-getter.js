// expect: script-error RangeError
function process(data) {
  const o = { get a() { return this.a; } }; return o.a;
}
