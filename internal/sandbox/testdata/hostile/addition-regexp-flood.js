// expect: time-limit | memory-limit
function process() { for (let i = 0; ; i++) new RegExp('\\p{L}' + i, 'u') }
