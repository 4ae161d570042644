// expect: completed 1
function process(data) {
  return eval('1 //# sourceMappingURL=file:///proc/self/environ');
}
