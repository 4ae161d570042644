// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push((() => { try { new Array(-1); } catch (e) { return e.constructor.constructor('return require')(); } })()); } catch (e) {}
  try { found.push((() => { try { null.x; } catch (e) { return e.constructor.constructor('return process.binding')(); } })()); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
