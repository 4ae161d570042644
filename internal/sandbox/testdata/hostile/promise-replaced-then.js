// expect: completed 1
Promise.prototype.then = function () { for (;;); };
async function process() {
  return 1;
}
