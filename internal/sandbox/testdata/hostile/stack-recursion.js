// expect: script-error RangeError
function process(data) {
  return process(data);
}
