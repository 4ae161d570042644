// expect: completed | script-error
function process(data) {
  return '\u0013\0\0\0\u0001\0\0\0\u000b\0\0\0\0\0\0\0\0\0\0\0\"f\"';
}
