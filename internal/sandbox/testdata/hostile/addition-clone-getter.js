// expect: time-limit
function process() { return structuredClone({ get a() { for (;;); } }) }
