// expect: completed "undefined"
async function process() {
  const e = await new Promise((ok, no) => { const x = new Error(); x.name = Symbol(); no(x); }).catch(x => x);
  return e.constructor.constructor('return typeof require')();
}
