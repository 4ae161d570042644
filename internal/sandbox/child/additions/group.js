// Object.groupBy and Map.groupBy.
(function () {
  const { ownKeys, apply } = Reflect;
  const NativeMap = Map;
  const { has, get, set } = Map.prototype;
  const create = Object.create;
  const NativeTypeError = TypeError;

  // What a value is as the key of a property: objects become a text or a symbol, once.
  const propertyKey = (key) =>
    (typeof key === 'object' && key !== null) || typeof key === 'function' ? ownKeys({ __proto__: null, [key]: 0 })[0] : key;

  const check = (items, callback) => {
    if (items === undefined || items === null) throw new NativeTypeError(items + ' is not iterable');
    if (typeof callback !== 'function') throw new NativeTypeError('the callback is not a function');
  };

  const { objectGroupBy, mapGroupBy } = {
    objectGroupBy: {
      groupBy(items, callback) {
        check(items, callback);
        const groups = create(null);
        let index = 0;
        for (const item of items) {
          const key = propertyKey(callback(item, index++));
          if (key in groups) {
            const group = groups[key];
            group[group.length] = item;
          } else {
            groups[key] = [item];
          }
        }
        return groups;
      },
    },
    mapGroupBy: {
      groupBy(items, callback) {
        check(items, callback);
        const groups = new NativeMap();
        let index = 0;
        for (const item of items) {
          const key = callback(item, index++);
          if (apply(has, groups, [key])) {
            const group = apply(get, groups, [key]);
            group[group.length] = item;
          } else {
            apply(set, groups, [key, [item]]);
          }
        }
        return groups;
      },
    },
  };
  const give = (target, value) =>
    Object.defineProperty(target, 'groupBy', { value, writable: true, enumerable: false, configurable: true });
  give(Object, objectGroupBy.groupBy);
  give(Map, mapGroupBy.groupBy);
})();
