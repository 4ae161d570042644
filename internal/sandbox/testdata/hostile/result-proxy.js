// expect: time-limit
function process(data) {
  return new Proxy({}, { ownKeys() { for (;;); } });
}
