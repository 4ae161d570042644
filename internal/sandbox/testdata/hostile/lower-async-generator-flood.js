// expect: time-limit | memory-limit
async function* g() { for (;;) yield 1 }
async function process() { const all = []; for await (const x of g()) all.push(g()) }
