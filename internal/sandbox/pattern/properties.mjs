// Writes properties.txt: the characters of each Unicode property that regular expressions may name, as the Node that runs
// this knows them. Run it with `make properties`.
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';

const require = createRequire(process.cwd() + '/');
const aliases = require('unicode-property-aliases-ecmascript');
const values = require('unicode-match-property-value-ecmascript/data/mappings.js');

const LAST = 0x10ffff;
const characters = [];
for (let c = 0; c <= LAST; c++) characters.push(String.fromCodePoint(c));

// ranges returns the ranges of the characters that a property has, as distances in base 36: from the end of the last range
// to the start of this one, and from there to its end.
function ranges(property) {
  const has = new RegExp(`^\\p{${property}}$`, 'u');
  const out = [];
  let end = 0;
  for (let c = 0; c <= LAST; c++) {
    if (!has.test(characters[c])) continue;
    const start = c;
    while (c < LAST && has.test(characters[c + 1])) c++;
    out.push((start - end).toString(36) + (c > start ? '+' + (c - start).toString(36) : ''));
    end = c;
  }
  return out.join(' ');
}

const sets = new Map(); // ranges → names
function add(name, property) {
  let text;
  try {
    text = ranges(property);
  } catch {
    return; // this Node does not know it
  }
  if (!sets.has(text)) sets.set(text, []);
  sets.get(text).push(...[name].flat());
}

for (const key of ['General_Category', 'Script', 'Script_Extensions']) {
  const byValue = new Map();
  for (const [alias, value] of values.get(key)) {
    if (!byValue.has(value)) byValue.set(value, new Set([value]));
    byValue.get(value).add(alias);
  }
  for (const [value, names] of byValue) {
    const prefixes = { General_Category: ['', 'gc='], Script: ['sc='], Script_Extensions: ['scx='] }[key];
    add(prefixes.flatMap((prefix) => [...names].map((name) => prefix + name)), `${key}=${value}`);
  }
}
const binary = [
  'ASCII', 'ASCII_Hex_Digit', 'Alphabetic', 'Any', 'Assigned', 'Bidi_Control', 'Bidi_Mirrored', 'Case_Ignorable', 'Cased',
  'Changes_When_Casefolded', 'Changes_When_Casemapped', 'Changes_When_Lowercased', 'Changes_When_NFKC_Casefolded',
  'Changes_When_Titlecased', 'Changes_When_Uppercased', 'Dash', 'Default_Ignorable_Code_Point', 'Deprecated', 'Diacritic',
  'Emoji', 'Emoji_Component', 'Emoji_Modifier', 'Emoji_Modifier_Base', 'Emoji_Presentation', 'Extended_Pictographic',
  'Extender', 'Grapheme_Base', 'Grapheme_Extend', 'Hex_Digit', 'IDS_Binary_Operator', 'IDS_Trinary_Operator', 'ID_Continue',
  'ID_Start', 'Ideographic', 'Join_Control', 'Logical_Order_Exception', 'Lowercase', 'Math', 'Noncharacter_Code_Point',
  'Pattern_Syntax', 'Pattern_White_Space', 'Quotation_Mark', 'Radical', 'Regional_Indicator', 'Sentence_Terminal',
  'Soft_Dotted', 'Terminal_Punctuation', 'Unified_Ideograph', 'Uppercase', 'Variation_Selector', 'White_Space',
  'XID_Continue', 'XID_Start',
];
for (const name of binary) {
  const names = [name];
  for (const [alias, canonical] of aliases) if (canonical === name && alias !== name) names.push(alias);
  add(names, name);
}
const lines = [...sets].map(([text, names]) => [...new Set(names)].sort().join(',') + ': ' + text);
lines.sort();
writeFileSync(process.argv[2], `# Unicode ${process.versions.unicode}. Written by properties.mjs.\n` + lines.join('\n') + '\n');
