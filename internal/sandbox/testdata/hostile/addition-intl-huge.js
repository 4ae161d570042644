// expect: time-limit | memory-limit | completed | script-error
function process() { return ('9'.repeat(4e6) + 'n', BigInt('9'.repeat(2e5)).toLocaleString('pt-BR', { maximumFractionDigits: 100 })).length }
