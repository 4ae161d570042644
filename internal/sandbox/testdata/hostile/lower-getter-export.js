// expect: time-limit
export { process };
let process = new Proxy(() => 1, { apply() { for (;;); } });
