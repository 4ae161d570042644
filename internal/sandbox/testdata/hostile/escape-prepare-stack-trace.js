// expect: completed "nothing"
Error.prepareStackTrace = (e, frames) => { globalThis.frames = frames; return frames; };
function process(data) {
  const found = [];
  try { found.push(new Error().stack.length && globalThis.frames); } catch (e) {}
  try { found.push(globalThis.frames && globalThis.frames[0].getThis()); } catch (e) {}
  try { found.push((Error.stackTraceLimit = Infinity, null)); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
