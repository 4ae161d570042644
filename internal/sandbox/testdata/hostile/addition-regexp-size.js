// expect: time-limit | memory-limit | script-error | completed
function process() { return new RegExp('\\p{L}'.repeat(5000) + '\\P{L}{900}', 'u').test('a') }
