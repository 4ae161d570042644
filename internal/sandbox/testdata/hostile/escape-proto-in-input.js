// expect: completed [null,{"__proto__":{"x":1}}]
// input: {"__proto__":{"x":1}}
function process(data) {
  return [data.x, data];
}
