// expect: time-limit
function process(data) {
  class A extends Array { static get [Symbol.species]() { for (;;); } }
  return new A(1, 2).map(x => x);
}
