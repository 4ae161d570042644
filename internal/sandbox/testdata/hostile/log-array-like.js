// expect: completed null | time-limit | memory-limit
function process(data) {
  console.log(new Array(2 ** 32 - 1), new Uint8Array(1e6), [, , 1]); console.table(Array(1e5).fill({ a: 1 }));
}
