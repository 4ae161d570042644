// expect: script-error RangeError
function process() { return new Date(0).toLocaleString('en-US', { timeZone: '../../../../etc/passwd' }) }
