// expect: time-limit | memory-limit
function process(data) {
  return [...'a'.repeat(1e7).matchAll(/a/g)].length;
}
