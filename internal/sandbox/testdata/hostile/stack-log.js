// expect: completed null | time-limit | memory-limit
function process(data) {
  let a = []; for (let i = 0; i < 1e5; i++) a = [a];
  console.log(a);
}
