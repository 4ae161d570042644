// Intl for en-US and pt-BR, and what other objects write for people. What is not known here is refused with a RangeError.
// It is given functions: digits of a number, fields of a date, comparison of texts.
(function (digitsOf, fieldsOf, compareTexts) {
  const { apply, defineProperty: define, getOwnPropertyDescriptor: describe } = Reflect;
  const NativeObject = Object;
  const NativeArray = Array;
  const NativeString = String;
  const NativeNumber = Number;
  const NativeBigInt = BigInt;
  const NativeRangeError = RangeError;
  const NativeTypeError = TypeError;
  const { isArray } = Array;
  const { slice, indexOf } = String.prototype;
  const { getTime } = Date.prototype;
  const now = Date.now;
  const numberValue = Number.prototype.valueOf;
  const bigintValue = BigInt.prototype.valueOf;
  const compareNatively = String.prototype.localeCompare;
  const upper = String.prototype.toUpperCase;
  const lower = String.prototype.toLowerCase;
  const { get: weakGet, set: weakSet, has: weakHas } = WeakMap.prototype;
  const NativeWeakMap = WeakMap;
  const { floor, abs } = Math;
  const NB = '\u00a0';

  const hidden = (target, key, value) => define(target, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  const refuse = (what) => {
    throw new NativeRangeError(what);
  };
  const table = (members) => NativeObject.assign(NativeObject.create(null), members);

  // Locales.
  const LOCALES = table({ en: 'en-US', 'en-us': 'en-US', pt: 'pt-BR', 'pt-br': 'pt-BR' });
  const wanted = (locales) => {
    if (locales === undefined) return ['en-US'];
    if (locales === null) throw new NativeTypeError('Cannot convert undefined or null to object');
    if (typeof locales === 'string') return [locales];
    const list = [];
    const length = floor(+locales.length) || 0;
    for (let i = 0; i < length; i++) {
      const locale = locales[i];
      if (typeof locale !== 'string' && (typeof locale !== 'object' || locale === null)) throw new NativeTypeError('Incorrect locale information provided');
      list[list.length] = `${locale}`;
    }
    return list.length === 0 ? ['en-US'] : list;
  };
  const localeOf = (locales) => {
    const list = wanted(locales);
    for (let i = 0; i < list.length; i++) {
      const found = LOCALES[apply(lower, list[i], [])];
      if (found !== undefined) return found;
    }
    return refuse(`The locale ${list[0]} is not available here; there are en-US and pt-BR`);
  };
  const supportedLocalesOf = {
    supportedLocalesOf(locales, options = undefined) {
      if (locales === undefined) return [];
      const found = [];
      for (const locale of wanted(locales)) if (LOCALES[apply(lower, locale, [])] !== undefined) found[found.length] = locale;
      return found;
    },
  }.supportedLocalesOf;

  // Options.
  const optionsOf = (options) => {
    if (options === undefined) return NativeObject.create(null);
    if (options === null) throw new NativeTypeError('Cannot convert undefined or null to object');
    return NativeObject(options);
  };
  // choice reads an option that is one of a list; of those that the language has and this does not, it says so.
  const choice = (options, name, values, fallback) => {
    let value = options[name];
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') value = `${value}`;
    for (let i = 0; i < values.length; i++) if (values[i] === value) return value;
    return refuse(`Value ${value} of the option ${name} is not available here`);
  };
  const whole = (options, name, least, most, fallback) => {
    let value = options[name];
    if (value === undefined) return fallback;
    value = +value;
    if (!(value >= least && value <= most)) refuse(`${name} value is out of range.`);
    return floor(value);
  };
  const absent = (options, names) => {
    for (let i = 0; i < names.length; i++) if (options[names[i]] !== undefined) refuse(`The option ${names[i]} is not available here`);
  };

  // Objects with a state.
  const states = new NativeWeakMap();
  const keep = (object, state) => apply(weakSet, states, [object, state]);
  const stateOf = (object, kind) => {
    if (typeof object === 'object' && object !== null && apply(weakHas, states, [object])) {
      const state = apply(weakGet, states, [object]);
      if (state.kind === kind) return state;
    }
    throw new NativeTypeError(`Method of Intl.${kind} called on an incompatible receiver`);
  };
  const inherit = (target, Constructor) => NativeObject.create(target === undefined ? Constructor.prototype : target.prototype);
  const resolved = (state, names) => {
    const result = {};
    for (let i = 0; i < names.length; i++) {
      const value = state[names[i]];
      if (value !== undefined) define(result, names[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    }
    return result;
  };
  const finish = (Constructor, name, members) => {
    hidden(Constructor, 'supportedLocalesOf', supportedLocalesOf);
    define(Constructor, 'prototype', { writable: false });
    define(Constructor.prototype, Symbol.toStringTag, { __proto__: null, value: 'Intl.' + name, writable: false, enumerable: false, configurable: true });
    for (const key of NativeObject.keys(members)) {
      const descriptor = describe(members, key);
      descriptor.enumerable = false;
      define(Constructor.prototype, key, descriptor);
    }
    hidden(Intl, name, Constructor);
  };
  const bound = (object, kind, make) => {
    const state = stateOf(object, kind);
    if (state.bound === undefined) state.bound = make(state);
    return state.bound;
  };
  const Intl = {};
  define(Intl, Symbol.toStringTag, { __proto__: null, value: 'Intl', writable: false, enumerable: false, configurable: true });

  // Numbers.
  const SYMBOLS = {
    'en-US': table({ BRL: 'R$', USD: '$', EUR: '€', GBP: '£', JPY: '¥', CAD: 'CA$', AUD: 'A$', CHF: 'CHF', CNY: 'CN¥', MXN: 'MX$', INR: '₹', ARS: 'ARS', CLP: 'CLP', COP: 'COP', UYU: 'UYU', PYG: 'PYG' }),
    'pt-BR': table({ BRL: 'R$', USD: 'US$', EUR: '€', GBP: '£', JPY: 'JP¥', CAD: 'CA$', AUD: 'AU$', CHF: 'CHF', CNY: 'CN¥', MXN: 'MX$', INR: '₹', ARS: 'ARS', CLP: 'CLP', COP: 'COP', UYU: 'UYU', PYG: 'PYG' }),
  };
  const DECIMALS = table({ JPY: 0, CLP: 0, COP: 0, PYG: 0 });

  const numberState = (locales, options) => {
    const locale = localeOf(locales);
    options = optionsOf(options);
    absent(options, ['unit', 'numberingSystem']);
    const state = { __proto__: null, kind: 'NumberFormat', locale, numberingSystem: 'latn' };
    state.style = choice(options, 'style', ['decimal', 'percent', 'currency'], 'decimal');
    let currency = options.currency;
    if (currency !== undefined) {
      currency = apply(upper, `${currency}`, []);
      if (currency.length !== 3) refuse(`Invalid currency code : ${currency}`);
    }
    const display = choice(options, 'currencyDisplay', ['symbol', 'code'], 'symbol');
    choice(options, 'currencySign', ['standard'], 'standard');
    if (state.style === 'currency') {
      if (currency === undefined) throw new NativeTypeError('Currency code is required with currency style.');
      const symbol = SYMBOLS[locale][currency];
      if (symbol === undefined) refuse(`The currency ${currency} is not available here`);
      state.currency = currency;
      state.currencyDisplay = display;
      state.currencySign = 'standard';
      state.symbol = display === 'code' ? currency : symbol;
    }
    choice(options, 'notation', ['standard'], 'standard');
    digitOptions(state, options);
    state.useGrouping = grouping(options.useGrouping);
    state.notation = 'standard';
    state.roundingMode = 'halfExpand';
    state.roundingIncrement = 1;
    state.trailingZeroDisplay = state.roundingPriority = 'auto';
    state.signDisplay = choice(options, 'signDisplay', ['auto', 'always', 'never', 'exceptZero', 'negative'], 'auto');
    return state;
  };
  const grouping = (value) => {
    if (value === undefined || value === 'auto') return 'auto';
    if (value === 'always' || value === true) return 'always';
    if (value === false || value === null || value === 0 || value === '') return false;
    if (value === 'true' || value === 'false') return 'auto';
    return refuse(`Value ${value} of the option useGrouping is not available here`);
  };
  const digitOptions = (state, options) => {
    state.minimumIntegerDigits = whole(options, 'minimumIntegerDigits', 1, 21, 1);
    const places = state.style === 'currency' ? (state.currency in DECIMALS ? DECIMALS[state.currency] : 2) : undefined;
    const leastDefault = places === undefined ? 0 : places;
    const mostDefault = places === undefined ? (state.style === 'percent' ? 0 : 3) : places;
    let least = whole(options, 'minimumFractionDigits', 0, 100, undefined);
    let most = whole(options, 'maximumFractionDigits', 0, 100, undefined);
    let leastSignificant = options.minimumSignificantDigits;
    let mostSignificant = options.maximumSignificantDigits;
    choice(options, 'roundingMode', ['halfExpand'], 'halfExpand');
    choice(options, 'roundingPriority', ['auto'], 'auto');
    choice(options, 'trailingZeroDisplay', ['auto'], 'auto');
    whole(options, 'roundingIncrement', 1, 1, 1);
    if (leastSignificant !== undefined || mostSignificant !== undefined) {
      leastSignificant = whole(options, 'minimumSignificantDigits', 1, 21, 1);
      state.minimumSignificantDigits = leastSignificant;
      state.maximumSignificantDigits = whole(options, 'maximumSignificantDigits', leastSignificant, 21, 21);
      return;
    }
    if (least === undefined) least = most === undefined || leastDefault < most ? leastDefault : most;
    if (most === undefined) most = mostDefault > least ? mostDefault : least;
    if (least > most) refuse('maximumFractionDigits value is out of range.');
    state.minimumFractionDigits = least;
    state.maximumFractionDigits = most;
  };
  const SEPARATORS = { 'en-US': [',', '.'], 'pt-BR': ['.', ','] };
  const digits = (state, value) => {
    const separators = SEPARATORS[state.locale];
    return digitsOf(
      value, state.style === 'percent' ? 2 : 0, state.minimumIntegerDigits,
      state.maximumSignificantDigits === undefined ? state.minimumFractionDigits : state.minimumSignificantDigits,
      state.maximumSignificantDigits === undefined ? state.maximumFractionDigits : state.maximumSignificantDigits,
      state.maximumSignificantDigits !== undefined, state.useGrouping === false ? '' : separators[0], separators[1],
    );
  };
  const isZero = (text) => {
    for (let i = 0; i < text.length; i++) if (text[i] >= '1' && text[i] <= '9') return false;
    return true;
  };
  const signOf = (display, negative, zero) => {
    switch (display) {
      case 'always': return negative ? '-' : '+';
      case 'never': return '';
      case 'exceptZero': return zero ? '' : negative ? '-' : '+';
      case 'negative': return negative && !zero ? '-' : '';
    }
    return negative ? '-' : '';
  };
  const formatNumber = (state, value) => {
    let text, negative, zero;
    if (typeof value === 'bigint') {
      negative = value < 0n;
      text = digits(state, `${negative ? -value : value}`);
      zero = isZero(text);
    } else if (value !== value || value === Infinity || value === -Infinity) {
      negative = value < 0;
      text = value !== value ? 'NaN' : '∞';
      zero = value !== value;
    } else {
      negative = value < 0 || (value === 0 && 1 / value < 0);
      text = digits(state, abs(value));
      zero = isZero(text);
    }
    const sign = signOf(state.signDisplay, negative, zero);
    if (state.style === 'percent') return sign + text + '%';
    if (state.style !== 'currency') return sign + text;
    const last = state.symbol[state.symbol.length - 1];
    const isLetter = (last >= 'A' && last <= 'Z');
    const space = state.locale === 'pt-BR' || (isLetter && text[0] >= '0' && text[0] <= '9') ? NB : '';
    return sign + state.symbol + space + text;
  };
  const numeric = (value) => {
    if (typeof value === 'object' && value !== null) value = value[Symbol.toPrimitive] === undefined ? value.valueOf() : value[Symbol.toPrimitive]('number');
    return typeof value === 'bigint' ? value : +value;
  };

  function NumberFormat(locales, options) {
    const object = inherit(new.target, NumberFormat);
    keep(object, numberState(locales, options));
    return object;
  }
  finish(NumberFormat, 'NumberFormat', {
    get format() {
      return bound(this, 'NumberFormat', (state) => ({ f: (value) => formatNumber(state, numeric(value)) }).f);
    },
    resolvedOptions() {
      return resolved(stateOf(this, 'NumberFormat'), ['locale', 'numberingSystem', 'style', 'currency', 'currencyDisplay', 'currencySign', 'minimumIntegerDigits', 'minimumFractionDigits', 'maximumFractionDigits', 'minimumSignificantDigits', 'maximumSignificantDigits', 'useGrouping', 'notation', 'signDisplay', 'roundingMode', 'roundingIncrement', 'trailingZeroDisplay', 'roundingPriority']);
    },
  });

  // Dates.
  const MONTHS = {
    'en-US': ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
    'pt-BR': ['janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho', 'julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'],
  };
  const DAYS = {
    'en-US': ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
    'pt-BR': ['domingo', 'segunda-feira', 'terça-feira', 'quarta-feira', 'quinta-feira', 'sexta-feira', 'sábado'],
  };
  const named = (list, locale, index, width) => {
    const name = list[locale][index];
    if (width === 'long') return name;
    if (width === 'narrow') return apply(upper, name[0], []);
    return apply(slice, name, [0, 3]) + (locale === 'pt-BR' ? '.' : '');
  };
  const two = (number) => (number < 10 ? '0' : '') + number;
  const DATE_FIELDS = ['weekday', 'year', 'month', 'day'];
  const TIME_FIELDS = ['hour', 'minute', 'second'];
  const any = (state, names) => {
    for (let i = 0; i < names.length; i++) if (state[names[i]] !== undefined) return true;
    return false;
  };
  const STYLES = ['full', 'long', 'medium', 'short'];
  const WIDTHS = ['numeric', '2-digit'];

  const dateState = (locales, options, required, defaults) => {
    const locale = localeOf(locales);
    options = optionsOf(options);
    absent(options, ['calendar', 'numberingSystem', 'era', 'dayPeriod', 'fractionalSecondDigits', 'timeZoneName']);
    const state = { __proto__: null, kind: 'DateTimeFormat', locale, calendar: 'gregory', numberingSystem: 'latn' };
    const hour12 = options.hour12;
    let cycle = choice(options, 'hourCycle', ['h12', 'h23'], undefined);
    // Asked for in this way, midnight is 24 in English on a clock of 24 hours, and 0 in Portuguese on one of 12.
    if (hour12 !== undefined) cycle = locale === 'en-US' ? (hour12 ? 'h12' : 'h24') : hour12 ? 'h11' : 'h23';
    const zone = options.timeZone;
    state.timeZone = zone === undefined ? 'UTC' : `${zone}`;
    const known = fieldsOf(0, state.timeZone);
    if (known === undefined) refuse(`The time zone ${state.timeZone} is not available here`);
    if (apply(upper, state.timeZone, []) === 'UTC') state.timeZone = 'UTC';
    state.weekday = choice(options, 'weekday', ['long', 'short', 'narrow'], undefined);
    state.year = choice(options, 'year', WIDTHS, undefined);
    state.month = choice(options, 'month', ['numeric', '2-digit', 'long', 'short', 'narrow'], undefined);
    state.day = choice(options, 'day', WIDTHS, undefined);
    state.hour = choice(options, 'hour', WIDTHS, undefined);
    state.minute = choice(options, 'minute', WIDTHS, undefined);
    state.second = choice(options, 'second', WIDTHS, undefined);
    choice(options, 'formatMatcher', ['basic', 'best fit'], 'best fit');
    state.dateStyle = choice(options, 'dateStyle', STYLES, undefined);
    state.timeStyle = choice(options, 'timeStyle', ['medium', 'short'], undefined);
    const styled = state.dateStyle !== undefined || state.timeStyle !== undefined;
    const dated = any(state, DATE_FIELDS);
    const timed = any(state, TIME_FIELDS);
    if (styled) {
      if (dated || timed) throw new NativeTypeError("Can't set option " + (dated ? 'of a date' : 'of a time') + ' when dateStyle or timeStyle is used');
      if (required === 'date' && state.timeStyle !== undefined) throw new NativeTypeError('Invalid option : timeStyle');
      if (required === 'time' && state.dateStyle !== undefined) throw new NativeTypeError('Invalid option : dateStyle');
      expandStyles(state);
    } else if (!((required !== 'time' && dated) || (required !== 'date' && timed))) {
      if (defaults !== 'time') state.year = state.month = state.day = 'numeric';
      if (defaults !== 'date') state.hour = state.minute = state.second = 'numeric';
    }
    if (state.hour !== undefined) {
      state.hourCycle = cycle === undefined ? (locale === 'en-US' ? 'h12' : 'h23') : cycle;
      state.hour12 = state.hourCycle === 'h12' || state.hourCycle === 'h11';
    }
    refuseOddDates(state);
    return state;
  };
  const expandStyles = (state) => {
    if (state.dateStyle !== undefined) {
      state.year = state.day = 'numeric';
      state.month = state.dateStyle === 'medium' ? 'short' : 'long';
      if (state.dateStyle === 'full') state.weekday = 'long';
      if (state.dateStyle === 'short') {
        state.month = 'numeric';
        if (state.locale === 'en-US') state.year = '2-digit';
      }
    }
    if (state.timeStyle !== undefined) {
      state.hour = state.minute = 'numeric';
      if (state.timeStyle === 'medium') state.second = 'numeric';
    }
  };
  // There are patterns for the sets of fields that people ask for; the others are refused, not guessed.
  const refuseOddDates = (state) => {
    const { weekday, year, month, day, hour, minute, second } = state;
    const only = (a) => (a !== undefined ? 1 : 0);
    const count = only(weekday) + only(year) + only(month) + only(day);
    const odd =
      (weekday !== undefined && count > 1 && (month === undefined || day === undefined)) ||
      (weekday === 'narrow' && count > 1) ||
      (month === 'narrow' && count > 1) ||
      (year !== undefined && day !== undefined && month === undefined) ||
      (hour !== undefined && second !== undefined && minute === undefined) ||
      (count > 0 && hour === undefined && (minute !== undefined || second !== undefined)) ||
      (hour !== undefined && count > 0 && (month === undefined || day === undefined));
    if (odd) refuse('This set of fields of a date is not available here; leave some out, or use dateStyle and timeStyle');
  };
  const datePart = (state, fields) => {
    const { locale } = state;
    const yearOfEra = fields.year > 0 ? fields.year : 1 - fields.year;
    const year = state.year === undefined ? undefined : state.year === '2-digit' ? two(yearOfEra % 100) : `${yearOfEra}`;
    const weekday = state.weekday === undefined ? '' : named(DAYS, locale, fields.weekday, state.weekday);
    const text = state.month !== undefined && state.month !== 'numeric' && state.month !== '2-digit';
    let month = state.month === undefined ? undefined : text ? named(MONTHS, locale, fields.month - 1, state.month) : undefined;
    const count = (state.year !== undefined) + (state.month !== undefined) + (state.day !== undefined);
    // Portuguese writes days and months of a date in figures with two digits, unless one of them was asked for so.
    const asked = weekday === '' && (state.month === '2-digit' || state.day === '2-digit');
    const wide = locale === 'pt-BR' && !text && count > 1 && !asked;
    if (state.month !== undefined && !text) month = wide || state.month === '2-digit' ? two(fields.month) : `${fields.month}`;
    const day = state.day === undefined ? undefined : wide || state.day === '2-digit' ? two(fields.day) : `${fields.day}`;
    let date;
    if (!text) {
      const parts = [];
      for (const part of locale === 'pt-BR' ? [day, month, year] : [month, day, year]) if (part !== undefined) parts[parts.length] = part;
      date = parts.length === 0 ? '' : parts[0];
      for (let i = 1; i < parts.length; i++) date += '/' + parts[i];
    } else if (locale === 'pt-BR') {
      date = (day === undefined ? '' : day + ' de ') + month + (year === undefined ? '' : ' de ' + year);
    } else {
      date = month + (day === undefined ? '' : ' ' + day) + (year === undefined ? '' : (day === undefined ? ' ' : ', ') + year);
    }
    return weekday !== '' && date !== '' ? weekday + ', ' + date : weekday + date;
  };
  const timePart = (state, { hour, minute, second }) => {
    if (state.hour === undefined) {
      if (state.minute === undefined) return state.second === undefined ? '' : `${second}`;
      return state.second === undefined ? `${minute}` : two(minute) + ':' + two(second);
    }
    const shown = state.hour12 ? hour % 12 || (state.hourCycle === 'h12' ? 12 : 0) : state.hourCycle === 'h24' ? hour || 24 : hour;
    const narrow = state.hour === 'numeric' && (state.hour12 || (state.locale === 'pt-BR' && state.minute === '2-digit'));
    let time = narrow ? `${shown}` : two(shown);
    if (state.minute !== undefined) time += ':' + two(minute);
    if (state.second !== undefined) time += ':' + two(second);
    return state.hour12 ? time + ' ' + (hour < 12 ? 'AM' : 'PM') : time;
  };
  const formatDate = (state, time) => {
    const fields = fieldsOf(time, state.timeZone);
    if (fields === undefined) throw new NativeRangeError('Invalid time value');
    const date = datePart(state, fields);
    const clock = timePart(state, fields);
    if (date === '' || clock === '') return date + clock;
    const written = state.month === 'long' ? (state.locale === 'pt-BR' ? ' às ' : ' at ') : ', ';
    return date + written + clock;
  };

  function DateTimeFormat(locales, options) {
    const object = inherit(new.target, DateTimeFormat);
    keep(object, dateState(locales, options, 'any', 'date'));
    return object;
  }
  const timeOf = (value) => {
    if (value === undefined) return now();
    return +value;
  };
  finish(DateTimeFormat, 'DateTimeFormat', {
    get format() {
      return bound(this, 'DateTimeFormat', (state) => ({ f: (date) => formatDate(state, timeOf(date)) }).f);
    },
    resolvedOptions() {
      const state = stateOf(this, 'DateTimeFormat');
      const styled = state.dateStyle !== undefined || state.timeStyle !== undefined;
      return resolved(state, styled
        ? ['locale', 'calendar', 'numberingSystem', 'timeZone', 'hourCycle', 'hour12', 'dateStyle', 'timeStyle']
        : ['locale', 'calendar', 'numberingSystem', 'timeZone', 'hourCycle', 'hour12', 'weekday', 'year', 'month', 'day', 'hour', 'minute', 'second']);
    },
  });

  // Texts.
  const collatorState = (locales, options) => {
    const locale = localeOf(locales);
    options = optionsOf(options);
    absent(options, ['collation']);
    return {
      __proto__: null, kind: 'Collator', locale, usage: choice(options, 'usage', ['sort'], 'sort'),
      sensitivity: choice(options, 'sensitivity', ['base', 'accent', 'variant'], 'variant'),
      ignorePunctuation: choice({ p: options.ignorePunctuation }, 'p', [false], false),
      collation: 'default', numeric: !!options.numeric, caseFirst: choice(options, 'caseFirst', ['false'], 'false'),
    };
  };
  const compare = (state, a, b) => compareTexts(`${a}`, `${b}`, state.sensitivity, state.numeric);
  function Collator(locales, options) {
    const object = inherit(new.target, Collator);
    keep(object, collatorState(locales, options));
    return object;
  }
  finish(Collator, 'Collator', {
    get compare() {
      return bound(this, 'Collator', (state) => ({ f: (a, b) => compare(state, a, b) }).f);
    },
    resolvedOptions() {
      return resolved(stateOf(this, 'Collator'), ['locale', 'usage', 'sensitivity', 'ignorePunctuation', 'collation', 'numeric', 'caseFirst']);
    },
  });

  // Plurals.
  const plural = (state, value) => {
    const number = abs(value);
    if (number !== number || number === Infinity) return 'other';
    const isWhole = floor(number) === number;
    if (state.type === 'ordinal') {
      if (state.locale === 'pt-BR' || !isWhole) return 'other';
      const ten = number % 10;
      const hundred = number % 100;
      if (ten === 1 && hundred !== 11) return 'one';
      if (ten === 2 && hundred !== 12) return 'two';
      return ten === 3 && hundred !== 13 ? 'few' : 'other';
    }
    if (state.locale === 'en-US') return number === 1 ? 'one' : 'other';
    if (number < 2) return 'one';
    return isWhole && number % 1e6 === 0 ? 'many' : 'other';
  };
  function PluralRules(locales, options) {
    if (new.target === undefined) throw new NativeTypeError("Constructor Intl.PluralRules requires 'new'");
    const object = inherit(new.target, PluralRules);
    const locale = localeOf(locales);
    options = optionsOf(options);
    absent(options, ['minimumIntegerDigits', 'minimumFractionDigits', 'maximumFractionDigits', 'minimumSignificantDigits', 'maximumSignificantDigits', 'notation']);
    keep(object, { __proto__: null, kind: 'PluralRules', locale, type: choice(options, 'type', ['cardinal', 'ordinal'], 'cardinal') });
    return object;
  }
  finish(PluralRules, 'PluralRules', {
    select(value) {
      const state = stateOf(this, 'PluralRules');
      // What is shown decides, and three decimals are.
      const number = +value;
      return plural(state, +digitsOf(abs(number) < 1e15 ? abs(number) : 0, 0, 1, 0, 3, false, '', '.') + (abs(number) < 1e15 ? 0 : abs(number)));
    },
    resolvedOptions() {
      return resolved(stateOf(this, 'PluralRules'), ['locale', 'type']);
    },
  });
  hidden(Intl, 'getCanonicalLocales', { getCanonicalLocales(locales) {
    const list = locales === undefined ? [] : wanted(locales);
    const found = [];
    for (const locale of list) {
      const known = LOCALES[apply(lower, locale, [])];
      if (known === undefined) refuse(`The locale ${locale} is not available here; there are en-US and pt-BR`);
      found[found.length] = locale.length === 2 ? apply(lower, locale, []) : known;
    }
    return found;
  } }.getCanonicalLocales);
  hidden(globalThis, 'Intl', Intl);

  // What other objects write for people.
  const give = (target, methods) => {
    for (const key of NativeObject.keys(methods)) hidden(target, key, methods[key]);
  };
  const optional = (f, length) => define(f, 'length', { value: length, configurable: true }) && f;
  give(Number.prototype, {
    toLocaleString: optional({ toLocaleString(locales, options) {
      const value = apply(numberValue, this, []);
      return formatNumber(numberState(locales, options), value);
    } }.toLocaleString, 0),
  });
  give(BigInt.prototype, {
    toLocaleString: optional({ toLocaleString(locales, options) {
      const value = apply(bigintValue, this, []);
      return formatNumber(numberState(locales, options), value);
    } }.toLocaleString, 0),
  });
  const dateMethod = (required, defaults) => function (date, locales, options) {
    const time = apply(getTime, date, []);
    if (time !== time) return 'Invalid Date';
    return formatDate(dateState(locales, options, required, defaults), time);
  };
  const both = dateMethod('any', 'all');
  const dateOnly = dateMethod('date', 'date');
  const timeOnly = dateMethod('time', 'time');
  const dates = {
    toLocaleString(locales, options) { return both(this, locales, options); },
    toLocaleDateString(locales, options) { return dateOnly(this, locales, options); },
    toLocaleTimeString(locales, options) { return timeOnly(this, locales, options); },
  };
  for (const key of NativeObject.keys(dates)) optional(dates[key], 0);
  give(Date.prototype, dates);

  const caseOf = (text, convert, locales) => {
    if (text === undefined || text === null) throw new NativeTypeError('String.prototype method called on null or undefined');
    if (locales !== undefined) localeOf(locales);
    return apply(convert, `${text}`, []);
  };
  give(String.prototype, {
    localeCompare: optional({ localeCompare(that, locales, options) {
      if (this === undefined || this === null) throw new NativeTypeError('String.prototype.localeCompare called on null or undefined');
      const text = `${this}`;
      const other = `${that}`;
      return compare(collatorState(locales, options), text, other);
    } }.localeCompare, 1),
    toLocaleUpperCase: optional({ toLocaleUpperCase(locales) { return caseOf(this, upper, locales); } }.toLocaleUpperCase, 0),
    toLocaleLowerCase: optional({ toLocaleLowerCase(locales) { return caseOf(this, lower, locales); } }.toLocaleLowerCase, 0),
  });
  const lists = {
    toLocaleString(locales, options) {
      const list = NativeObject(this);
      const length = floor(+list.length) || 0;
      let text = '';
      for (let i = 0; i < length; i++) {
        if (i > 0) text += ',';
        const item = list[i];
        if (item !== undefined && item !== null) text += `${item.toLocaleString(locales, options)}`;
      }
      return text;
    },
  };
  optional(lists.toLocaleString, 0);
  give(Array.prototype, lists);
  give(Reflect.getPrototypeOf(Uint8Array.prototype), lists);
});
