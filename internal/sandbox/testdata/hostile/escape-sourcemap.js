// expect: completed 1
function process(data) {
  return 1;
}
//# sourceMappingURL=/etc/passwd
