// expect: time-limit
function process(data) {
  for (;;) console.log();
}
