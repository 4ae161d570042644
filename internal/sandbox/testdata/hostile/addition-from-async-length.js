// expect: time-limit | memory-limit | script-error RangeError
async function process() { return Array.fromAsync({ length: 2 ** 53 }) }
