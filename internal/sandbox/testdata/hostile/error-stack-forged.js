// expect: script-error Error
function process(data) {
  const e = new Error('x'); e.stack = '\tat f (script.js:99999999999999999999:1(1))'; throw e;
}
