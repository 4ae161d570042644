// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push(console.log.constructor('return typeof process.env')() === 'undefined' ? null : 'env'); } catch (e) {}
  try { found.push(console.constructor.constructor('return globalThis.process.mainModule')()); } catch (e) {}
  try { found.push(console.log.caller); } catch (e) {}
  try { found.push(console.log.arguments); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
