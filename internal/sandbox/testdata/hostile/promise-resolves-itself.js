// expect: script-error
function process(data) {
  const p = Promise.resolve().then(() => p); return p;
}
