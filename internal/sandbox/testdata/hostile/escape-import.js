// expect: script-error SyntaxError
function process(data) {
  return import('fs');
}
