// expect: time-limit | memory-limit | script-error
function process(data) {
  return JSON.parse('[' + '{"a":[1,2,3]},'.repeat(1e6) + '1]').length;
}
