// expect: time-limit
function process(data) {
  return eval('for (;;);');
}
