// expect: time-limit
function process(data) {
  with ({ get a() { for (;;); } }) return a;
}
