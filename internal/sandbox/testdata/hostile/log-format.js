// expect: completed 1
function process(data) {
  console.log('%s%d%i%f%j%o%O%c%%%s'.repeat(1000), { toString() { throw 1; } }); return 1;
}
