// expect: time-limit
function process(data) {
  return ('a'.repeat(40) + '!').split(/(?=(a+)+$)\1x/);
}
