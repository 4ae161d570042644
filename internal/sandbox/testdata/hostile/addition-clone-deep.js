// expect: script-error RangeError | memory-limit
function process() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; structuredClone(a) }
