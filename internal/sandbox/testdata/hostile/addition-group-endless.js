// expect: time-limit | memory-limit
function process() { return Object.groupBy({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) }, () => ({ toString() { return 'k' } })) }
