// expect: completed 1
Function.prototype.call = Function.prototype.apply = Function.prototype.toString = () => { throw 1; };
function process() {
  return 1;
}
