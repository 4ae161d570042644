// expect: time-limit
function process(data) {
  for (;;) console.log('x'.repeat(100));
}
