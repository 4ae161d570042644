// expect: script-error Error
function process(data) {
  throw new Error('\u0013\0\0\0\u0001\0\0\0\u000b\0\0\0\0\0\0\0\0\0\0\0\"f\"'.repeat(50));
}
