// expect: time-limit
function process(data) {
  return 'a'.repeat(50).replace(/(?=((a*)*)*b)\1/g, '');
}
