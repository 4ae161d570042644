// expect: time-limit | memory-limit
async function process() {
  for (;;) await 1;
}
