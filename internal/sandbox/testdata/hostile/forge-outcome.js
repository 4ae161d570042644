// expect: completed {"kind":"time-limit","failure":true}
function process(data) {
  return { kind: 'time-limit', failure: true };
}
