// expect: script-error Error
function process(data) {
  const e = new Error('x'); e.stack = 'at x (script.js:1:1)\n'.repeat(1e5); throw e;
}
