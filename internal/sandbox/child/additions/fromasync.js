// Array.fromAsync.
(function () {
  const { apply, construct, defineProperty: define } = Reflect;
  const asyncIterator = Symbol.asyncIterator;
  const iterator = Symbol.iterator;
  const NativeArray = Array;
  const NativeObject = Object;
  const NativeTypeError = TypeError;
  const { floor, min } = Math;
  const MAX_LENGTH = Number.MAX_SAFE_INTEGER;

  const isConstructor = (value) => {
    if (typeof value !== 'function') return false;
    try {
      construct(NativeObject, [], value);
      return true;
    } catch {
      return false;
    }
  };
  const methodOf = (items, key) => {
    const method = items[key];
    if (method === undefined || method === null) return undefined;
    if (typeof method !== 'function') throw new NativeTypeError('the iterable has a Symbol.iterator that is not a function');
    return method;
  };
  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
  const add = (target, index, value) => {
    const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
    if (!define(target, index, descriptor)) throw new NativeTypeError('cannot define element ' + index);
  };
  const lengthOf = (items) => {
    const length = +items.length;
    return length > 0 ? min(floor(length), MAX_LENGTH) : 0;
  };
  const close = async (source, isAsync) => {
    try {
      const end = source.return;
      if (end !== undefined && end !== null) {
        const result = apply(end, source, []);
        if (isAsync) await result;
      }
    } catch {
      // The error that the source is closed for counts.
    }
  };

  const collect = async (Constructor, items, mapper, thisArg) => {
    if (mapper !== undefined && typeof mapper !== 'function') throw new NativeTypeError('the mapper is not a function');
    const asyncMethod = methodOf(items, asyncIterator);
    const method = asyncMethod === undefined ? methodOf(items, iterator) : asyncMethod;
    if (method === undefined) return collectLike(Constructor, NativeObject(items), mapper, thisArg);

    const target = isConstructor(Constructor) ? new Constructor() : [];
    const isAsync = asyncMethod !== undefined;
    const source = apply(method, items, []);
    if (!isObject(source)) throw new NativeTypeError('the iterator is not an object');
    const next = source.next;
    for (let index = 0; ; index++) {
      let step = apply(next, source, []);
      if (isAsync) step = await step;
      if (!isObject(step)) throw new NativeTypeError('the iterator gave a result that is not an object');
      if (step.done) {
        target.length = index;
        return target;
      }
      let value = step.value;
      try {
        if (!isAsync) value = await value;
        if (mapper !== undefined) value = await apply(mapper, thisArg, [value, index]);
        add(target, index, value);
      } catch (error) {
        await close(source, isAsync);
        throw error;
      }
    }
  };
  const collectLike = async (Constructor, items, mapper, thisArg) => {
    const length = lengthOf(items);
    const target = isConstructor(Constructor) ? new Constructor(length) : new NativeArray(length);
    for (let index = 0; index < length; index++) {
      let value = await items[index];
      if (mapper !== undefined) value = await apply(mapper, thisArg, [value, index]);
      add(target, index, value);
    }
    target.length = length;
    return target;
  };

  const { fromAsync } = {
    fromAsync(items, mapper = undefined, thisArg = undefined) {
      return collect(this, items, mapper, thisArg);
    },
  };
  Object.defineProperty(Array, 'fromAsync', { value: fromAsync, writable: true, enumerable: false, configurable: true });
})();
