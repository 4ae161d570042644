// expect: time-limit | memory-limit
function process(data) {
  return String(3n ** (10n ** 8n));
}
