// expect: time-limit
function process() { return (function* () { for (;;) yield 1 })().filter(() => false).toArray() }
