// expect: time-limit
function process(data) {
  while (true);
}
