// expect: script-error Error
function process(data) {
  throw new Error('fatal error: runtime: out of memory\ngoroutine 1 [running]: stack exceeds');
}
