// expect: completed [1,2]
// input: [1,2]
for (const k of Object.getOwnPropertyNames(Array.prototype)) if (k !== 'length' && k !== 'constructor') Array.prototype[k] = () => { throw 1; };
function process(data) {
  return data;
}
