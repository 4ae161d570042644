// expect: completed "nothing"
// input: {"a":1}
function process(data) {
  const found = [];
  try { found.push(this.constructor.constructor('return typeof process === "object" && process')() || null); } catch (e) {}
  try { found.push(data.constructor.constructor('return this.process.env')()); } catch (e) {}
  try { found.push((() => {}).constructor('return require')()); } catch (e) {}
  try { found.push(process.constructor('return typeof module')() === 'undefined' ? null : 'module'); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
