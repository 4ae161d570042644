// expect: completed 1
function process(data) {
  return { then(f, r) { f(1); r(2); f(3); throw 4; } };
}
