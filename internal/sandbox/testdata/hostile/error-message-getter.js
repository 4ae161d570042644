// expect: time-limit
function process(data) {
  const e = new Error(); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e;
}
