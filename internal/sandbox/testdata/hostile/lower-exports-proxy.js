// expect: script-error TypeError
Object.defineProperty(Object.prototype, 'exports', { set() { throw new TypeError('caught') } });
module.exports = new Proxy({}, { get() { throw new TypeError('trap') } });
export const a = 1;
