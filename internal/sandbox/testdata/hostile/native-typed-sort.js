// expect: time-limit | memory-limit
function process(data) {
  for (;;) new Float64Array(1e6).map((_, i) => -i).sort();
}
