// expect: time-limit | memory-limit | output-limit | script-error
// limits: output=1MiB
function process(data) {
  const a = []; a.length = 2 ** 32 - 1; return a;
}
