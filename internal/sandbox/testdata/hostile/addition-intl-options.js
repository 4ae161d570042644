// expect: time-limit
function process() { return (1).toLocaleString('en-US', { get style() { for (;;); } }) }
