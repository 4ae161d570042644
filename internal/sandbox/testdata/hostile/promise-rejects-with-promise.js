// expect: script-error
function process(data) {
  return Promise.reject(Promise.reject(1));
}
