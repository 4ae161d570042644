// Runs a script over an input as often as it is told, in one warm process, and prints the times in nanoseconds.
const { readFileSync } = require("node:fs");
const [script, input, times] = process.argv.slice(2);
const call = new Function(readFileSync(script, "utf8") + "; return process;")();
const bytes = readFileSync(input);
const all = [];
let written = 0;
for (let i = 0; i < Number(times); i++) {
  const begun = globalThis.process.hrtime.bigint();
  written += Buffer.from(JSON.stringify(call(JSON.parse(bytes.toString())))).length;
  all.push(Number(globalThis.process.hrtime.bigint() - begun));
}
if (written === 0) throw new Error("nothing was written");
console.log(JSON.stringify(all));
