// expect: time-limit | memory-limit
function process(data) {
  const a = []; for (;;) a.push(new Array(1000).fill(1));
}
