// expect: time-limit
function process(data) {
  for (const x of { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) });
}
