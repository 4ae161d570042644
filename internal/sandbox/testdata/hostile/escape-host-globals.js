// expect: completed "nothing"
function process(data) {
  const found = [];
  try { found.push(typeof require === 'undefined' ? null : 'require'); } catch (e) {}
  try { found.push(typeof module === 'undefined' ? null : 'module'); } catch (e) {}
  try { found.push(typeof exports === 'undefined' ? null : 'exports'); } catch (e) {}
  try { found.push(typeof Deno === 'undefined' ? null : 'Deno'); } catch (e) {}
  try { found.push(typeof Bun === 'undefined' ? null : 'Bun'); } catch (e) {}
  try { found.push(typeof fetch === 'undefined' ? null : 'fetch'); } catch (e) {}
  try { found.push(typeof XMLHttpRequest === 'undefined' ? null : 'XMLHttpRequest'); } catch (e) {}
  try { found.push(typeof WebSocket === 'undefined' ? null : 'WebSocket'); } catch (e) {}
  try { found.push(typeof setTimeout === 'undefined' ? null : 'setTimeout'); } catch (e) {}
  try { found.push(typeof setInterval === 'undefined' ? null : 'setInterval'); } catch (e) {}
  try { found.push(typeof setImmediate === 'undefined' ? null : 'setImmediate'); } catch (e) {}
  try { found.push(typeof Worker === 'undefined' ? null : 'Worker'); } catch (e) {}
  try { found.push(typeof SharedArrayBuffer === 'undefined' ? null : 'SharedArrayBuffer'); } catch (e) {}
  try { found.push(typeof Atomics === 'undefined' ? null : 'Atomics'); } catch (e) {}
  try { found.push(typeof WebAssembly === 'undefined' ? null : 'WebAssembly'); } catch (e) {}
  try { found.push(typeof load === 'undefined' ? null : 'load'); } catch (e) {}
  try { found.push(typeof print === 'undefined' ? null : 'print'); } catch (e) {}
  try { found.push(typeof quit === 'undefined' ? null : 'quit'); } catch (e) {}
  try { found.push(typeof os === 'undefined' ? null : 'os'); } catch (e) {}
  try { found.push(typeof std === 'undefined' ? null : 'std'); } catch (e) {}
  try { found.push(typeof java === 'undefined' ? null : 'java'); } catch (e) {}
  try { found.push(typeof Packages === 'undefined' ? null : 'Packages'); } catch (e) {}
  try { found.push(typeof importScripts === 'undefined' ? null : 'importScripts'); } catch (e) {}
  try { found.push(typeof __dirname === 'undefined' ? null : '__dirname'); } catch (e) {}
  return found.filter(x => x !== undefined && x !== null).join() || 'nothing';
}
