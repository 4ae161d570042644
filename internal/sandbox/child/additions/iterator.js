// Iterator, its helpers and Iterator.from.
(function () {
  const { apply, defineProperty: define, getPrototypeOf } = Reflect;
  const NativeObject = Object;
  const NativeTypeError = TypeError;
  const NativeRangeError = RangeError;
  const { isPrototypeOf } = Object.prototype;
  const { get, set, has } = WeakMap.prototype;
  const { trunc } = Math;
  const iteratorKey = Symbol.iterator;
  const tagKey = Symbol.toStringTag;
  const Prototype = getPrototypeOf(getPrototypeOf([][iteratorKey]()));

  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
  const put = (target, key, value) =>
    define(target, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  const object = (value) => {
    if (!isObject(value)) throw new NativeTypeError('an Iterator method was called on a value that is not an object');
    return value;
  };
  // A record keeps the method next, which is read once.
  const direct = (source) => ({ __proto__: null, source, next: source.next });
  const step = (record) => {
    const result = apply(record.next, record.source, []);
    if (!isObject(result)) throw new NativeTypeError('the iterator gave a result that is not an object');
    return result;
  };
  const close = (source) => {
    const end = source.return;
    if (end === undefined || end === null) return undefined;
    const result = apply(end, source, []);
    if (!isObject(result)) throw new NativeTypeError('the iterator returned a value that is not an object');
    return result;
  };
  // fail closes a source because of an error, which counts for more than one of the closing.
  const fail = (source, error) => {
    try {
      close(source);
    } catch {}
    throw error;
  };
  const attempt = (source, call) => {
    try {
      return call();
    } catch (error) {
      return fail(source, error);
    }
  };
  const callable = (source, value, what) => {
    if (typeof value !== 'function') fail(source, new NativeTypeError(`the ${what} is not a function`));
  };
  const count = (source, limit) => {
    const number = attempt(source, () => +limit);
    if (number !== number) fail(source, new NativeRangeError(`${limit} must be positive`));
    const whole = trunc(number);
    if (whole < 0) fail(source, new NativeRangeError(`${limit} must be positive`));
    return whole;
  };

  // The helpers: objects with a state, of which one is an object that has source, next and active.
  const states = new WeakMap();
  const stateOf = (helper) => {
    if (!isObject(helper) || !apply(has, states, [helper])) throw new NativeTypeError('an Iterator Helper method was called on another value');
    return apply(get, states, [helper]);
  };
  const HelperPrototype = NativeObject.create(Prototype);
  const helperMethods = {
    next() {
      const state = stateOf(this);
      if (state.running) throw new NativeTypeError('the iterator is running');
      if (state.done) return { value: undefined, done: true };
      state.running = state.begun = true;
      try {
        const value = state.advance();
        if (!state.done) return { value, done: false };
        return { value: undefined, done: true };
      } catch (error) {
        state.done = true;
        throw error;
      } finally {
        state.running = false;
      }
    },
    return() {
      const state = stateOf(this);
      if (state.running) throw new NativeTypeError('the iterator is running');
      if (state.done) return { value: undefined, done: true };
      state.done = true;
      state.running = true;
      try {
        if (state.inner !== undefined) {
          try {
            close(state.inner.source);
          } catch (error) {
            fail(state.record.source, error);
          }
        }
        close(state.record.source);
      } finally {
        state.running = false;
      }
      return { value: undefined, done: true };
    },
  };
  put(HelperPrototype, 'next', helperMethods.next);
  put(HelperPrototype, 'return', helperMethods.return);
  define(HelperPrototype, tagKey, { value: 'Iterator Helper', configurable: true });
  const helper = (record, advance) => {
    const made = NativeObject.create(HelperPrototype);
    const state = { __proto__: null, record, done: false, running: false, begun: false, inner: undefined, advance: undefined };
    state.advance = () => advance(state);
    apply(set, states, [made, state]);
    return made;
  };
  // take reads the next value of a record, or ends the helper.
  const pull = (state) => {
    const result = step(state.record);
    if (result.done) {
      state.done = true;
      return undefined;
    }
    return result.value;
  };
  // flattened returns a record of what flatMap and from take for an iterator.
  const flattened = (value, texts) => {
    if (!isObject(value) && !(texts && typeof value === 'string')) throw new NativeTypeError(`${typeof value} is not an object`);
    const method = value[iteratorKey];
    const source = method === undefined || method === null ? value : apply(method, value, []);
    if (!isObject(source)) throw new NativeTypeError('the iterator is not an object');
    return direct(source);
  };

  const methods = {
    map(mapper) {
      callable(object(this), mapper, 'mapper');
      const record = direct(this);
      let index = 0;
      return helper(record, (state) => {
        const value = pull(state);
        return state.done ? undefined : attempt(record.source, () => mapper(value, index++));
      });
    },
    filter(predicate) {
      callable(object(this), predicate, 'predicate');
      const record = direct(this);
      let index = 0;
      return helper(record, (state) => {
        for (;;) {
          const value = pull(state);
          if (state.done || attempt(record.source, () => predicate(value, index++))) return value;
        }
      });
    },
    take(limit) {
      let left = count(object(this), limit);
      const record = direct(this);
      return helper(record, (state) => {
        if (left === 0) {
          state.done = true;
          close(record.source);
          return undefined;
        }
        left--;
        return pull(state);
      });
    },
    drop(limit) {
      let left = count(object(this), limit);
      const record = direct(this);
      return helper(record, (state) => {
        for (; left > 0; left--) {
          pull(state);
          if (state.done) return undefined;
        }
        return pull(state);
      });
    },
    flatMap(mapper) {
      callable(object(this), mapper, 'mapper');
      const record = direct(this);
      let index = 0;
      return helper(record, (state) => {
        for (;;) {
          if (state.inner === undefined) {
            const value = pull(state);
            if (state.done) return undefined;
            state.inner = attempt(record.source, () => flattened(mapper(value, index++), false));
          }
          const inner = state.inner;
          const result = attempt(record.source, () => {
            const at = step(inner);
            return at.done ? undefined : { value: at.value };
          });
          if (result !== undefined) return result.value;
          state.inner = undefined;
        }
      });
    },
    reduce(reducer, ...initial) {
      callable(object(this), reducer, 'reducer');
      const record = direct(this);
      let index = 0;
      let total;
      if (initial.length > 0) {
        total = initial[0];
      } else {
        const first = step(record);
        if (first.done) throw new NativeTypeError('Reduce of a done iterator with no initial value');
        total = first.value;
        index = 1;
      }
      for (;;) {
        const result = step(record);
        if (result.done) return total;
        const value = result.value;
        total = attempt(record.source, () => reducer(total, value, index++));
      }
    },
    toArray() {
      const record = direct(object(this));
      const items = [];
      for (;;) {
        const result = step(record);
        if (result.done) return items;
        items[items.length] = result.value;
      }
    },
    forEach(callback) {
      callable(object(this), callback, 'callback');
      visit(this, callback, () => false);
    },
    some(predicate) {
      callable(object(this), predicate, 'predicate');
      return visit(this, predicate, (answer) => answer) !== undefined;
    },
    every(predicate) {
      callable(object(this), predicate, 'predicate');
      return visit(this, predicate, (answer) => !answer) === undefined;
    },
    find(predicate) {
      callable(object(this), predicate, 'predicate');
      return visit(this, predicate, (answer) => answer)?.value;
    },
  };
  // visit calls back for each value until the answer says to stop, and then closes the source.
  const visit = (source, callback, stops) => {
    const record = direct(source);
    for (let index = 0; ; index++) {
      const result = step(record);
      if (result.done) return undefined;
      const value = result.value;
      if (stops(attempt(record.source, () => callback(value, index)))) {
        close(record.source);
        return { value };
      }
    }
  };
  for (const name of ['map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find']) {
    put(Prototype, name, methods[name]);
  }

  function Iterator() {
    if (new.target === undefined || new.target === Iterator) throw new NativeTypeError('Iterator is an abstract class');
  }
  define(Iterator, 'prototype', { value: Prototype, writable: false, enumerable: false, configurable: false });

  const WrapPrototype = NativeObject.create(Prototype);
  const wrapMethods = {
    next() {
      const { record } = stateOf(this);
      return apply(record.next, record.source, []);
    },
    return() {
      const { source } = stateOf(this).record;
      const end = source.return;
      return end === undefined || end === null ? { value: undefined, done: true } : apply(end, source, []);
    },
  };
  put(WrapPrototype, 'next', wrapMethods.next);
  put(WrapPrototype, 'return', wrapMethods.return);
  const { from } = {
    from(value) {
      const record = flattened(value, true);
      if (apply(isPrototypeOf, Prototype, [record.source])) return record.source;
      const made = NativeObject.create(WrapPrototype);
      apply(set, states, [made, { __proto__: null, record }]);
      return made;
    },
  };
  put(Iterator, 'from', from);
  // Iterator.prototype.constructor and its tag are accessors that may be replaced on what inherits from it.
  const weird = (key, value) => {
    const accessors = {
      get value() {
        return value;
      },
      set value(other) {
        if (!isObject(this)) throw new NativeTypeError('the receiver is not an object');
        if (this === Prototype) throw new NativeTypeError('cannot replace a member of Iterator.prototype');
        define(this, key, { __proto__: null, value: other, writable: true, enumerable: true, configurable: true });
      },
    };
    const { get: getter, set: setter } = NativeObject.getOwnPropertyDescriptor(accessors, 'value');
    define(Prototype, key, { __proto__: null, get: getter, set: setter, enumerable: false, configurable: true });
  };
  weird(tagKey, 'Iterator');
  weird('constructor', Iterator);
  put(globalThis, 'Iterator', Iterator);
})();
