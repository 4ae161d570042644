// expect: time-limit | memory-limit
async function process() { return Array.fromAsync({ [Symbol.asyncIterator]: () => ({ next: () => ({ value: Promise.resolve(1), done: false }) }) }) }
