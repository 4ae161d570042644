// expect: script-error
function process(data) {
  return new Promise(() => {});
}
