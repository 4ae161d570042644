// Writes probes.json: expressions, and what they give in the Node that runs this, with core-js for what is newer than that.
// Run it with `make probes`. The tests of package sandbox hold the sandbox to it.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
for (const part of [
  'object/group-by', 'map/group-by', 'array/from-async', 'promise/with-resolvers', 'promise/try', 'regexp/escape', 'iterator',
  'set/union', 'set/intersection', 'set/difference', 'set/symmetric-difference', 'set/is-subset-of', 'set/is-superset-of', 'set/is-disjoint-from',
]) require('core-js/actual/' + part);

const probes = [];
const add = (section, expression) => probes.push({ section, expression });

// What there is, with its names, lengths and attributes.
const standard = { Array, Object, String, JSON, Map, Set, Promise, RegExp, Number, Math, Date, Symbol, Function, Error, Reflect, BigInt };
const newer = new Set(['Symbol.metadata', 'Symbol.customMatcher', 'Symbol.observable', 'Symbol.patternMatch', 'Symbol.replaceAll']);
for (const [name, value] of Object.entries(standard)) {
  for (const [path, target] of [[name, value], [name + '.prototype', value.prototype]]) {
    if (target === undefined) continue;
    for (const key of Reflect.ownKeys(target)) {
      const text = typeof key === 'symbol' ? key.description : JSON.stringify(key);
      if (newer.has(path + '.' + String(key)) || (name === 'Error' && /stackTraceLimit|captureStackTrace/.test(String(key)))) continue;
      if (name === 'Function' && /caller|arguments/.test(String(key))) continue;
      if (typeof key === 'symbol' && !/^Symbol\.\w+$/.test(text)) continue;
      add(name, `(d => d && [typeof d.value, typeof d.get, typeof d.set, d.value && d.value.length, d.value && d.value.name, d.writable, d.enumerable, d.configurable].join())(Object.getOwnPropertyDescriptor(${path}, ${text}))`);
    }
  }
}

// How it behaves.
let section = '';
for (const line of readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (line.startsWith('## ')) section = line.slice(3);
  else if (line.trim() !== '' && !line.startsWith('# ')) add(section, line);
}

// Numbers, dates and texts for people.
const numbers = '[0, -0, 1, 0.5, 1234.5, -1234567.891, 0.000001234, 1e21, 123456789012345680000, NaN, Infinity, -Infinity, 1.005, 2.5, 999999.995, 9.999]';
const numberOptions = [
  {}, { style: 'percent' }, { style: 'percent', minimumFractionDigits: 1 }, ...['BRL', 'USD', 'EUR', 'GBP', 'JPY', 'CAD', 'AUD', 'CHF', 'CNY', 'MXN', 'INR', 'ARS', 'CLP', 'COP', 'UYU', 'PYG'].map((currency) => ({ style: 'currency', currency })),
  { style: 'currency', currency: 'BRL', currencyDisplay: 'code' }, { style: 'currency', currency: 'USD', minimumFractionDigits: 0 }, { style: 'currency', currency: 'BRL', maximumFractionDigits: 0 },
  { maximumFractionDigits: 0 }, { maximumFractionDigits: 1 }, { minimumFractionDigits: 2 }, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, { minimumFractionDigits: 5 }, { maximumFractionDigits: 20 },
  { maximumSignificantDigits: 3 }, { minimumSignificantDigits: 3 }, { minimumSignificantDigits: 2, maximumSignificantDigits: 4 }, { minimumIntegerDigits: 5 }, { minimumIntegerDigits: 2, useGrouping: false },
  { useGrouping: false }, { useGrouping: true }, { useGrouping: 'always' }, { useGrouping: 'min2' }, ...['auto', 'always', 'never', 'exceptZero', 'negative'].map((signDisplay) => ({ signDisplay })),
  { style: 'currency', currency: 'BRL', signDisplay: 'always' }, { style: 'currency', currency: 'BRL', signDisplay: 'exceptZero' },
  { notation: 'compact' }, { notation: 'scientific' }, { style: 'unit', unit: 'kilometer' }, { style: 'currency', currency: 'BRL', currencyDisplay: 'name' }, { style: 'currency', currency: 'BRL', currencySign: 'accounting' }, { roundingMode: 'floor' },
  { minimumFractionDigits: 3, maximumFractionDigits: 1 }, { style: 'currency' }, { style: 'nope' }, { maximumFractionDigits: 101 },
];
const dates = '[Date.UTC(2024, 1, 5, 14, 7, 9, 45), Date.UTC(1999, 11, 31, 23, 59, 59), 0, Date.UTC(2018, 10, 4, 3, 0, 1), Date.UTC(2025, 6, 1, 12, 30), Date.UTC(987, 5, 7, 9)]';
const part = { year: ['numeric', '2-digit'], month: ['numeric', '2-digit', 'long', 'short'], day: ['numeric', '2-digit'] };
const dateOptions = [{}];
for (const dateStyle of ['full', 'long', 'medium', 'short']) {
  dateOptions.push({ dateStyle }, { timeStyle: dateStyle });
  for (const timeStyle of ['medium', 'short']) dateOptions.push({ dateStyle, timeStyle });
}
for (const month of part.month) {
  dateOptions.push({ month });
  for (const year of part.year) dateOptions.push({ year, month });
  for (const day of part.day) {
    dateOptions.push({ month, day }, { weekday: 'short', month, day });
    for (const year of part.year) dateOptions.push({ year, month, day }, { weekday: 'long', year, month, day });
  }
}
for (const clock of [{ hour: 'numeric' }, { hour: '2-digit' }, { hour: 'numeric', minute: 'numeric' }, { hour: '2-digit', minute: '2-digit' }, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, { hour: 'numeric', minute: '2-digit', second: '2-digit' }]) {
  dateOptions.push(clock, { ...clock, hour12: true }, { ...clock, hour12: false }, { ...clock, hourCycle: 'h23' });
  dateOptions.push({ year: 'numeric', month: 'long', day: 'numeric', ...clock }, { year: 'numeric', month: 'short', day: '2-digit', ...clock }, { year: 'numeric', month: '2-digit', day: '2-digit', ...clock, hour12: false });
  dateOptions.push({ weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', ...clock }, { month: '2-digit', day: '2-digit', ...clock }, { weekday: 'long', ...clock });
}
dateOptions.push(...['long', 'short', 'narrow'].map((weekday) => ({ weekday })), { month: 'narrow' }, { year: 'numeric' }, { year: '2-digit' }, { day: 'numeric' }, { day: '2-digit' }, { minute: '2-digit' }, { second: '2-digit' }, { minute: '2-digit', second: '2-digit' }, { era: 'short' }, { timeZoneName: 'short' }, { dayPeriod: 'long' }, { fractionalSecondDigits: 3 }, { weekday: 'long', day: 'numeric' }, { dateStyle: 'short', year: 'numeric' }, { month: 'nope' });
const zones = ['America/Sao_Paulo', 'America/Manaus', 'America/Noronha', 'America/New_York', 'Europe/Lisbon', 'utc', 'Asia/Tokyo', 'Nope/Nowhere'];
for (const locale of ['en-US', 'pt-BR']) {
  for (const options of numberOptions) add('Intl.NumberFormat', `${numbers}.map(n => n.toLocaleString('${locale}', ${JSON.stringify(options)}))`);
  for (const options of dateOptions) add('Intl.DateTimeFormat', `${dates}.map(t => new Intl.DateTimeFormat('${locale}', ${JSON.stringify({ timeZone: 'UTC', ...options })}).format(t))`);
  for (const zone of zones) add('Intl.DateTimeFormat', `${dates}.map(t => new Date(t).toLocaleString('${locale}', { timeZone: '${zone}', dateStyle: 'short', timeStyle: 'short' }))`);
  for (const method of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) {
    for (const options of ['', ", { timeZone: 'America/Sao_Paulo' }", ", { month: 'long', day: 'numeric' }", ", { hour: '2-digit', minute: '2-digit' }", ", { dateStyle: 'medium' }", ", { timeStyle: 'short' }"]) {
      add('Intl.DateTimeFormat', `${dates}.map(t => new Date(t).${method}('${locale}'${options}))`);
    }
  }
  const words = "['b', 'a', 'á', 'Á', 'A', 'ç', 'c', 'C', 'z', 'Z', 'é', 'e', 'o', 'õ', 'ö', '10', '9', '2', 'a b', 'ab', 'São', 'Sao', 'são', 'coração', 'coracao', '', 'ñ', 'n']";
  for (const options of [{}, { sensitivity: 'base' }, { sensitivity: 'accent' }, { sensitivity: 'case' }, { numeric: true }, { caseFirst: 'upper' }, { ignorePunctuation: true }]) {
    add('Intl.Collator', `${words}.sort(new Intl.Collator('${locale}', ${JSON.stringify(options)}).compare)`);
    add('Intl.Collator', `${words}.flatMap((a, i, all) => all.slice(i).map(b => a.localeCompare(b, '${locale}', ${JSON.stringify(options)}))).join()`);
  }
  for (const type of ['cardinal', 'ordinal']) add('Intl.PluralRules', `[0, 1, 1.5, 2, 3, 4, 11, 12, 13, 21, 22, 23, 100, 101, 111, 1000000, 2000000, 1000001, 0.1, -1, NaN, Infinity].map(n => new Intl.PluralRules('${locale}', { type: '${type}' }).select(n))`);
}

const show = (value) => JSON.stringify(value, (key, v) => (v === undefined ? 'undefined' : typeof v === 'number' && (v !== v || v === Infinity || v === -Infinity || Object.is(v, -0)) ? (Object.is(v, -0) ? '-0' : String(v)) : typeof v === 'bigint' ? v + 'n' : v)) ?? 'undefined';
process.env.TZ = 'UTC';
for (const probe of probes) {
  try {
    probe.expected = show(await (0, eval)(`(async () => (${probe.expression}))()`));
  } catch (error) {
    probe.expected = 'throws ' + (error === null || typeof error !== 'object' ? String(error) : error.name);
  }
}
const seen = new Set();
const unique = probes.filter(({ expression }) => !seen.has(expression) && seen.add(expression));
writeFileSync(process.argv[3], '[\n' + unique.map((probe) => JSON.stringify(probe)).join(',\n') + '\n]\n');
