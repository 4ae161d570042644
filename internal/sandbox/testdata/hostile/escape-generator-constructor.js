// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push(Object.getPrototypeOf(function* () {}).constructor('yield typeof require')().next().value === 'undefined' ? null : 'require'); } catch (e) {}
  try { found.push(Object.getPrototypeOf(async () => {}).constructor('return require')() && null); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
