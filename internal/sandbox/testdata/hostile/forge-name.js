// expect: script-error
function process(data) {
  const e = new Error('x'); e.name = 'TimeLimit\n\0fake'; throw e;
}
