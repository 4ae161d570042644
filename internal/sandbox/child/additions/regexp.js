// RegExp, for what the engine gets wrong. It is given a function that rewrites a pattern, which throws a text, and one that
// tells what a rewritten pattern was.
(function (rewrite, original) {
  const { apply, construct, defineProperty: define, getOwnPropertyDescriptor: describe } = Reflect;
  const Native = RegExp;
  const NativeSyntaxError = SyntaxError;
  const Prototype = Native.prototype;
  const sourceOf = describe(Prototype, 'source').get;
  const match = Symbol.match;
  const NativeTypeError = TypeError;
  const compileNatively = Prototype.compile;

  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
  const isRegExp = (value) => {
    if (!isObject(value)) return false;
    const matcher = value[match];
    if (matcher !== undefined) return !!matcher;
    try {
      apply(sourceOf, value, []);
      return value !== Prototype;
    } catch {
      return false;
    }
  };
  const checked = (source, flags) => {
    try {
      return rewrite(source, flags);
    } catch (text) {
      throw typeof text === 'string' ? new NativeSyntaxError(text) : text;
    }
  };
  const text = (value) => (value === undefined ? '' : `${value}`);

  function Wrapped(pattern, flags) {
    const like = isRegExp(pattern);
    if (new.target === undefined && like && flags === undefined && pattern.constructor === Wrapped) return pattern;
    if (like) {
      if (flags === undefined) flags = pattern.flags;
      pattern = pattern.source;
    }
    const source = text(pattern);
    flags = text(flags);
    return construct(Native, [checked(source, flags), flags], new.target === undefined ? Wrapped : new.target);
  }
  define(Wrapped, 'name', { value: 'RegExp', configurable: true });
  define(Wrapped, 'prototype', { value: Prototype, writable: false, enumerable: false, configurable: false });
  const members = {
    get [Symbol.species]() {
      return this;
    },
    get source() {
      return original(apply(sourceOf, this, []));
    },
    toString() {
      if (!isObject(this)) throw new NativeTypeError('RegExp.prototype.toString called on a value that is not an object');
      return '/' + this.source + '/' + this.flags;
    },
    compile(pattern, flags) {
      if (isRegExp(pattern)) {
        if (flags !== undefined) throw new NativeTypeError('Cannot supply flags when constructing one RegExp from another');
        flags = pattern.flags;
        pattern = pattern.source;
      }
      flags = text(flags);
      return apply(compileNatively, this, [checked(text(pattern), flags), flags]);
    },
  };
  const put = (target, key) => {
    const descriptor = describe(members, key);
    descriptor.enumerable = false;
    define(target, key, descriptor);
  };
  put(Wrapped, Symbol.species);
  put(Prototype, 'source');
  put(Prototype, 'toString');
  put(Prototype, 'compile');
  define(Prototype, 'constructor', { value: Wrapped, writable: true, enumerable: false, configurable: true });
  define(globalThis, 'RegExp', { value: Wrapped, writable: true, enumerable: false, configurable: true });
});
