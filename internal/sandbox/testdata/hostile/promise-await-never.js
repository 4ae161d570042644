// expect: script-error
async function process() {
  await new Promise(() => {});
}
