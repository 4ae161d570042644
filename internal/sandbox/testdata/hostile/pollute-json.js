// expect: completed {"a":1}
JSON.stringify = () => "forged"; JSON.parse = null; globalThis.JSON = null;
function process() {
  return { a: 1 };
}
