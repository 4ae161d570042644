// expect: time-limit | memory-limit | script-error
const t: string = `x`;
export default () => { let s: any = t; for (;;) s = `${s}${s}${s}${s}`; };
