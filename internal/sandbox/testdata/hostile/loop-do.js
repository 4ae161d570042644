// expect: time-limit
function process(data) {
  do {} while (1);
}
