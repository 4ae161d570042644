// expect: completed {} | script-error
function process(data) {
  return new Proxy({}, { ownKeys: () => ({ length: -1 }) });
}
