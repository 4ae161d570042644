// expect: time-limit
function process(data) {
  return new (class { a = (() => { for (;;); })(); })();
}
