// expect: completed [1]
// input: [1]
Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1; };
function process(data) {
  return data;
}
