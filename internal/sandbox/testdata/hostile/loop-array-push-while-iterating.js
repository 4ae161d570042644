// expect: time-limit | memory-limit
function process(data) {
  const a = [1]; for (const x of a) a.push(x);
}
