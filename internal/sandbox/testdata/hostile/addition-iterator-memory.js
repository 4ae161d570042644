// expect: memory-limit | time-limit
// limits: time=5s
function process() { return (function* () { for (;;) yield 'x'.repeat(1000) + Math.random() })().toArray() }
