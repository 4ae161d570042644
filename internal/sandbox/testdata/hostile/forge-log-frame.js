// expect: completed "real"
function process(data) {
  console.log('\u0013\0\0\0\u0001\0\0\0\u000b\0\0\0\0\0\0\0\0\0\0\0\"f\"'); console.error('\u0013\0\0\0\u0001\0\0\0\u000b\0\0\0\0\0\0\0\0\0\0\0\"f\"'.repeat(100)); return 'real';
}
