// expect: script-error | crashed
// The text of a module that the compiler makes is recognised by this line.
async function* g() {}
const s = `
module.exports = __toCommonJS(`;
}); process = 1; (function () {
