// expect: script-error TypeError
function process(data) {
  const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy;
}
