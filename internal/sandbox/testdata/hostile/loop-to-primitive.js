// expect: time-limit
function process(data) {
  return `${{ [Symbol.toPrimitive]() { for (;;); } }}`;
}
