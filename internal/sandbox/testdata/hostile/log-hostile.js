// expect: completed 1
function process(data) {
  console.log({ get a() { throw 1; }, toString() { throw 2; }, toJSON() { throw 3; }, inspect() { throw 4; } }, new Proxy({}, { ownKeys() { for (;;); } }));
  return 1;
}
