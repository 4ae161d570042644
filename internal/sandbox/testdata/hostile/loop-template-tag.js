// expect: time-limit
function process(data) {
  return (() => { for (;;); })`x`;
}
