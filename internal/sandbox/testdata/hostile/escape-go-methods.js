// expect: completed "nothing"
// input: {"a":1}
function process(data) {
  const found = [];
  try { found.push(data.GoString && 'go'); } catch (e) {}
  try { found.push(Object.getOwnPropertyNames(console.log).includes('Call') ? 'go' : null); } catch (e) {}
  try { found.push(Reflect.ownKeys(globalThis).filter(k => typeof k === 'string' && /^[A-Z]/.test(k) && globalThis[k] === undefined && k !== 'NaN').join() || null); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
