// Runs a script once over an input, from the start of the process on.
const { readFileSync } = require("node:fs");
const [script, input] = process.argv.slice(2);
const call = new Function(readFileSync(script, "utf8") + "; return process;")();
globalThis.process.stdout.write(JSON.stringify(call(JSON.parse(readFileSync(input, "utf8")))));
