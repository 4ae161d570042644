// expect: completed null | time-limit
function process(data) {
  for (let i = 0; i < 1e4; i++) console.group(); console.log("a\n".repeat(1e4));
}
