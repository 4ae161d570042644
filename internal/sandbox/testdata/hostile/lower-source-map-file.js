// expect: completed 1
const x: number = 1;
export default () => x;
//# sourceMappingURL=/etc/passwd
