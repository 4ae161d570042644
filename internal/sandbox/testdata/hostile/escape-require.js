// expect: script-error ReferenceError
function process(data) {
  return require('fs').readFileSync('/etc/passwd', 'utf8');
}
