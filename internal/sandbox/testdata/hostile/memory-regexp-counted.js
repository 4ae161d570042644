// expect: time-limit | memory-limit | script-error | completed true
function process(data) {
  return new RegExp('((((a{1,1000}){1,1000}){1,1000}){1,1000})').test('a');
}
