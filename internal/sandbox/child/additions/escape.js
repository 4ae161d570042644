// RegExp.escape.
(function () {
  const { apply } = Reflect;
  const { charCodeAt } = String.prototype;
  const { toString } = Number.prototype;
  const NativeTypeError = TypeError;
  const SYNTAX = '^$\\.*+?()[]{}|/';
  const CONTROL = { __proto__: null, 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' };
  const PUNCTUATION = ",-=<>#&!%:;@~'`\"";
  const SPACE = ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
  const among = (set) => {
    const codes = { __proto__: null };
    for (let i = 0; i < set.length; i++) codes[set.charCodeAt(i)] = true;
    return codes;
  };
  const syntax = among(SYNTAX);
  const coded = among(PUNCTUATION + SPACE);

  const hex = (code) => {
    const digits = apply(toString, code, [16]);
    if (code < 0x100) return (code < 0x10 ? '\\x0' : '\\x') + digits;
    return (code < 0x1000 ? '\\u0' : '\\u') + digits;
  };
  const isAlphanumeric = (code) =>
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  const isLone = (text, i, code) => {
    if (code < 0xd800 || code > 0xdfff) return false;
    if (code <= 0xdbff) {
      const after = apply(charCodeAt, text, [i + 1]);
      return !(after >= 0xdc00 && after <= 0xdfff);
    }
    const before = i > 0 ? apply(charCodeAt, text, [i - 1]) : 0;
    return !(before >= 0xd800 && before <= 0xdbff);
  };

  const { escape } = {
    escape(text) {
      if (typeof text !== 'string') throw new NativeTypeError('RegExp.escape takes a string');
      let out = '';
      for (let i = 0; i < text.length; i++) {
        const code = apply(charCodeAt, text, [i]);
        if (i === 0 && isAlphanumeric(code)) out += hex(code);
        else if (syntax[code]) out += '\\' + text[i];
        else if (CONTROL[code]) out += CONTROL[code];
        else if (coded[code] || isLone(text, i, code)) out += hex(code);
        else out += text[i];
      }
      return out;
    },
  };
  Object.defineProperty(RegExp, 'escape', { value: escape, writable: true, enumerable: false, configurable: true });
})();
