// expect: time-limit | memory-limit | script-error
function process(data) {
  return [].concat({ length: 2 ** 32 - 1, [Symbol.isConcatSpreadable]: true });
}
