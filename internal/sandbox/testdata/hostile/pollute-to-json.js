// expect: completed "forged"
Object.prototype.toJSON = () => 'forged';
function process() {
  return { a: 1 };
}
