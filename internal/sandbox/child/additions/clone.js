// structuredClone. It is given a function that says what kind of object a value is.
(function (kindOf) {
  const { apply, construct, defineProperty: define, getPrototypeOf, ownKeys, getOwnPropertyDescriptor: describe } = Reflect;
  const NativeError = Error;
  const NativeTypeError = TypeError;
  const NativeMap = Map;
  const NativeSet = Set;
  const NativeDate = Date;
  const NativeRegExp = RegExp;
  const NativeArray = Array;
  const NativeObject = Object;
  const NativeDataView = DataView;
  const { has, get, set, forEach: eachEntry } = Map.prototype;
  const { add, forEach: eachItem } = Set.prototype;
  const { getTime } = Date.prototype;
  const { slice } = ArrayBuffer.prototype;
  const getterOf = (target, key) => describe(target, key).get;
  const sourceOf = getterOf(RegExp.prototype, 'source');
  const flagsOf = getterOf(RegExp.prototype, 'flags');
  const TypedArray = getPrototypeOf(Uint8Array.prototype);
  const typeOf = getterOf(TypedArray, Symbol.toStringTag);
  const view = (target) => ({
    buffer: getterOf(target, 'buffer'), offset: getterOf(target, 'byteOffset'), length: getterOf(target, target === TypedArray ? 'length' : 'byteLength'),
  });
  const typedView = view(TypedArray);
  const dataView = view(DataView.prototype);
  const typed = { __proto__: null };
  for (const Type of [
    Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array,
  ]) typed[Type.name] = Type;
  const errors = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const valueOf = { Boolean: Boolean.prototype.valueOf, Number: Number.prototype.valueOf, String: String.prototype.valueOf, BigInt: BigInt.prototype.valueOf };
  const { has: hasWeakly } = WeakMap.prototype;
  const { has: holdsWeakly } = WeakSet.prototype;
  const ObjectPrototype = Object.prototype;
  const isEnumerable = Object.prototype.propertyIsEnumerable;

  const put = (target, key, value) =>
    define(target, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  const refuse = (what) => {
    const error = new NativeError(what + ' could not be cloned.');
    for (const [key, value] of [['name', 'DataCloneError'], ['code', 25]]) {
      define(error, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
    }
    throw error;
  };

  const members = (from, to, seen) => {
    for (const key of ownKeys(from)) {
      if (typeof key === 'string' && apply(isEnumerable, from, [key])) put(to, key, copy(from[key], seen));
    }
    return to;
  };
  const copyError = (from, seen) => {
    let name = from.name;
    name = name === undefined ? 'Error' : `${name}`;
    const descriptor = describe(from, 'message');
    const Type = errors[name] || NativeError;
    const to = construct(Type, descriptor && 'value' in descriptor ? [`${descriptor.value}`] : []);
    apply(set, seen, [from, to]);
    const own = (key, value) => define(to, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
    if (typeof from.stack === 'string') own('stack', from.stack);
    const cause = describe(from, 'cause');
    if (cause && 'value' in cause) own('cause', copy(cause.value, seen));
    return to;
  };
  const copyView = (from, seen, Type, getters) => {
    const buffer = copy(apply(getters.buffer, from, []), seen);
    return construct(Type, [buffer, apply(getters.offset, from, []), apply(getters.length, from, [])]);
  };
  // make copies an object, but for what it holds.
  const make = (from, kind) => {
    switch (kind) {
      case 'Object': return {};
      case 'Array': return new NativeArray(from.length);
      case 'Map': return new NativeMap();
      case 'Set': return new NativeSet();
      case 'Date': return new NativeDate(apply(getTime, from, []));
      case 'RegExp': return new NativeRegExp(apply(sourceOf, from, []), apply(flagsOf, from, []));
      case 'ArrayBuffer': return apply(slice, from, [0]);
      case 'Boolean': case 'Number': case 'String': case 'BigInt': return NativeObject(apply(valueOf[kind], from, []));
    }
    return refuse('A value of the kind ' + kind);
  };
  const works = (method, value) => {
    try {
      apply(method, value, [{}]);
      return true;
    } catch {
      return false;
    }
  };
  // The engine does not tell these apart.
  const exactKind = (value) => {
    const kind = kindOf(value);
    if (kind !== 'Object' || getPrototypeOf(value) === ObjectPrototype) return kind;
    if (works(dataView.offset, value)) return 'DataView';
    return works(hasWeakly, value) ? 'WeakMap' : works(holdsWeakly, value) ? 'WeakSet' : kind;
  };
  const copy = (from, seen) => {
    if (typeof from === 'symbol') refuse('A symbol');
    if (typeof from === 'function') refuse('A function');
    if (typeof from !== 'object' || from === null) return from;
    if (apply(has, seen, [from])) return apply(get, seen, [from]);
    const kind = exactKind(from);
    if (kind === 'Error') return copyError(from, seen);
    if (kind === 'DataView' || kind === 'TypedArray') {
      const to = kind === 'DataView' ? copyView(from, seen, NativeDataView, dataView) : copyView(from, seen, typed[apply(typeOf, from, [])], typedView);
      apply(set, seen, [from, to]);
      return to;
    }
    const to = make(from, kind);
    apply(set, seen, [from, to]);
    if (kind === 'Map') {
      const entries = [];
      apply(eachEntry, from, [(value, key) => put(entries, entries.length, [key, value])]);
      for (let i = 0; i < entries.length; i++) apply(set, to, [copy(entries[i][0], seen), copy(entries[i][1], seen)]);
    } else if (kind === 'Set') {
      const items = [];
      apply(eachItem, from, [(item) => put(items, items.length, item)]);
      for (let i = 0; i < items.length; i++) apply(add, to, [copy(items[i], seen)]);
    } else if (kind === 'Object' || kind === 'Array') {
      members(from, to, seen);
    }
    return to;
  };

  const { structuredClone } = {
    structuredClone(value, options = undefined) {
      const given = arguments.length;
      if (given === 0) throw new NativeTypeError("The 'value' argument must be specified");
      if (options !== undefined && options !== null) {
        const transfer = options.transfer;
        if (transfer !== undefined && transfer.length !== 0) throw new NativeTypeError('structuredClone transfers nothing here: leave out the option transfer');
      }
      return copy(value, new NativeMap());
    },
  };
  define(globalThis, 'structuredClone', { value: structuredClone, writable: true, enumerable: true, configurable: true });
});
