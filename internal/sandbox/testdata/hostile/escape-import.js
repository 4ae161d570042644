// expect: script-error ReferenceError
function process(data) {
  return import('fs');
}
