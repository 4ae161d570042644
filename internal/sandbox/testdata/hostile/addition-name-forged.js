// expect: script-error TypeError
// A function that a guest puts into the place of one that is added is its own.
Promise.withResolvers = undefined;
function process() { return Promise.withResolvers() }
