// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push((() => { let host; class P extends Promise { static get [Symbol.species]() { return function (f) { f(() => {}, () => {}); }; } } P.resolve(1).then(x => { host = x; }); return host; })()); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
