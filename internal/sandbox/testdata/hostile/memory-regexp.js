// expect: time-limit | memory-limit | script-error
function process(data) {
  const a = []; for (let i = 0; ; i++) a.push(new RegExp('(a|b|c|d){1,900}' + i));
}
