// expect: time-limit | completed 1
Function.prototype.toString = () => { for (;;); };
function process() {
  return 1;
}
