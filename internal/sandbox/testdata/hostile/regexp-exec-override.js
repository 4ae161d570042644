// expect: time-limit | memory-limit
function process(data) {
  RegExp.prototype.exec = () => ({ index: 0, 0: '' }); return 'x'.replace(/x/g, '');
}
