// expect: completed [3]
// The helpers of lowering are variables of a script: one that overwrites them harms itself alone.
async function* g() { yield 3 }
Object.defineProperty = Object.keys = null;
async function process() {
  const out = [];
  for await (const x of g()) out.push(x);
  return out;
}
