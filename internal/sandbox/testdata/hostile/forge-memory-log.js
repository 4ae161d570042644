// expect: completed 1
function process(data) {
  console.error('fatal error: out of memory'); return 1;
}
