// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push((function f() { return f.caller; })()); } catch (e) {}
  try { found.push((function () { return arguments.callee.caller; })()); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
