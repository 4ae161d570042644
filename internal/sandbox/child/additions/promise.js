// Promise.withResolvers and Promise.try.
(function () {
  const NativeTypeError = TypeError;
  const capability = (Constructor) => {
    if (typeof Constructor !== 'function') throw new NativeTypeError('Promise method called on a value that is not a constructor');
    let resolve, reject;
    const promise = new Constructor((yes, no) => {
      if (resolve !== undefined || reject !== undefined) throw new NativeTypeError('the promise has its functions already');
      resolve = yes;
      reject = no;
    });
    if (typeof resolve !== 'function' || typeof reject !== 'function') {
      throw new NativeTypeError('the promise did not give its functions');
    }
    return { promise, resolve, reject };
  };
  const methods = {
    withResolvers() {
      return capability(this);
    },
    try(callback, ...args) {
      const { promise, resolve, reject } = capability(this);
      try {
        resolve(callback(...args));
      } catch (error) {
        reject(error);
      }
      return promise;
    },
  };
  for (const name of ['withResolvers', 'try']) {
    Object.defineProperty(Promise, name, { value: methods[name], writable: true, enumerable: false, configurable: true });
  }
})();
