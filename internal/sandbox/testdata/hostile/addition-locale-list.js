// expect: time-limit | memory-limit | script-error
function process() { return (1).toLocaleString({ length: 2 ** 40, get 0() { return 'xx' } }) }
