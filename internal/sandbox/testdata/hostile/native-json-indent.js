// expect: time-limit | memory-limit | completed | script-error
function process(data) {
  let a = []; for (let i = 0; i < 400; i++) a = [a];
  for (;;) JSON.stringify(a, null, 10);
}
