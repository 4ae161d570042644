// expect: script-error Error
function process(data) {
  return { toJSON() { throw new Error('no'); } };
}
