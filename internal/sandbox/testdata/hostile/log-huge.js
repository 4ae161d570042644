// expect: completed null
function process(data) {
  console.log('é'.repeat(1e5)); console.log('more');
}
