// expect: script-error Error
function process(data) {
  const e = new Error(); Object.defineProperty(e, 'message', { get() { throw e; } }); throw e;
}
