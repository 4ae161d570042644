// String.prototype.isWellFormed and toWellFormed. It is given the functions that do the work.
(function (isWell, toWell) {
  const NativeTypeError = TypeError;
  const check = (value, name) => {
    if (value === undefined || value === null) throw new NativeTypeError(`String.prototype.${name} called on ${value}`);
    return `${value}`;
  };
  const methods = {
    isWellFormed() {
      return isWell(check(this, 'isWellFormed'));
    },
    toWellFormed() {
      return toWell(check(this, 'toWellFormed'));
    },
  };
  for (const name of ['isWellFormed', 'toWellFormed']) {
    Object.defineProperty(String.prototype, name, { value: methods[name], writable: true, enumerable: false, configurable: true });
  }
});
