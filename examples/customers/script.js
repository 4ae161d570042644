// Cleans customer records and sets aside those that cannot be trusted, each with every reason.
// A cleaner takes the value as it came and returns it in one form, or throws a Rejection.

class Rejection extends Error {}

const reject = (reason) => {
  throw new Rejection(reason);
};

const text = (value) => (value === null || value === undefined ? '' : String(value).trim());

const required = (value) => text(value) || reject('is missing');

const digitsOf = (value) => value.replace(/\D/g, '');

// --- Names -----------------------------------------------------------------------------------------------------------

const PARTICLES = new Set(['da', 'das', 'de', 'do', 'dos', 'e']);

// Also after an apostrophe or a hyphen: D'Ávila, Sá-Carneiro.
const capitalise = (word) => word.replace(/(^|['’-])(.)/g, (_, before, letter) => before + letter.toUpperCase());

const cleanName = (value) => {
  const words = required(value).toLowerCase().split(/\s+/);
  if (words.length < 2) reject('needs a first name and a surname');
  return words.map((word, i) => (i > 0 && PARTICLES.has(word) ? word : capitalise(word))).join(' ');
};

// --- CPF: nine digits and two that check them ------------------------------------------------------------------------

const checkDigit = (digits) => {
  const weighted = Array.from(digits).reduce((total, digit, i) => total + Number(digit) * (digits.length + 1 - i), 0);
  return String(((weighted * 10) % 11) % 10);
};

const cleanCPF = (value) => {
  // A spreadsheet that took the CPF for a number has lost its leading zeros.
  const digits = digitsOf(required(value)).padStart(11, '0');
  if (digits.length !== 11) reject('must have 11 digits');
  if (/^(\d)\1*$/.test(digits)) reject('repeats one digit');
  const first = checkDigit(digits.slice(0, 9));
  const second = checkDigit(digits.slice(0, 9) + first);
  if (digits.slice(9) !== first + second) reject('has wrong check digits');
  return digits.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, '$1.$2.$3-$4');
};

// --- E-mail ----------------------------------------------------------------------------------------------------------

const EMAIL = /^[a-z0-9._%+-]{1,64}@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

const cleanEmail = (value) => {
  const email = required(value).toLowerCase();
  const dots = email.includes('..') || email.startsWith('.') || email.includes('.@');
  return EMAIL.test(email) && !dots ? email : reject('is not an e-mail address');
};

// --- Phone: E.164, as +55 11 98765-4321 without its spaces -------------------------------------------------------------

const AREA_CODES = new Set(
  '11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 55 61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99'.split(' ')
);

const cleanPhone = (value) => {
  const digits = digitsOf(required(value)).replace(/^0+/, '');
  const national = digits.length > 11 && digits.startsWith('55') ? digits.slice(2) : digits;
  if (national.length < 10) reject('has no area code');
  if (!AREA_CODES.has(national.slice(0, 2))) reject(`has the unknown area code ${national.slice(0, 2)}`);
  const mobile = /^9\d{8}$/;
  const landline = /^[2-5]\d{7}$/;
  const subscriber = national.slice(2);
  if (!mobile.test(subscriber) && !landline.test(subscriber)) reject('is neither a mobile nor a landline number');
  return `+55${national}`;
};

// --- Dates: ISO 8601 ---------------------------------------------------------------------------------------------------

const MONTHS = ['janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho', 'julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'];

// Each format and where it keeps year, month and day.
const DATE_FORMATS = [
  { pattern: /^(\d{4})-(\d{2})-(\d{2})(?:[t ].*)?$/, order: (m) => [m[1], m[2], m[3]] }, // 1990-12-31, also with a time
  { pattern: /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/, order: (m) => [m[3], m[2], m[1]] }, // 31/12/1990
  { pattern: /^(\d{4})(\d{2})(\d{2})$/, order: (m) => [m[1], m[2], m[3]] }, // 19901231
  { pattern: /^(\d{1,2}) de (\S+) de (\d{4})$/, order: (m) => [m[3], MONTHS.indexOf(m[2]) + 1, m[1]] }, // 31 de dezembro de 1990
];

const daysIn = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate();

const pad = (number, length) => String(number).padStart(length, '0');

const cleanDate = (value) => {
  const written = required(value).toLowerCase();
  const format = DATE_FORMATS.find(({ pattern }) => pattern.test(written)) || reject('is in no known date format');
  const [year, month, day] = format.order(written.match(format.pattern)).map(Number);
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!exists) reject('is not a day of the calendar');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
};

// --- Records -----------------------------------------------------------------------------------------------------------

const CLEANERS = { name: cleanName, cpf: cleanCPF, email: cleanEmail, phone: cleanPhone, birthDate: cleanDate };

const clean = (record) => {
  const customer = { id: record.id };
  const reasons = [];
  Object.entries(CLEANERS).forEach(([field, cleaner]) => {
    try {
      customer[field] = cleaner(record[field]);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const value = record[field] === undefined ? null : record[field];
      reasons.push({ field, value, reason: error.message });
    }
  });
  return { customer, reasons };
};

// The first record of a CPF stands; later ones are rejected.
const withoutRepeats = (results) => {
  const owners = new Map();
  return results.map(({ customer, reasons }) => {
    if (reasons.length > 0) return { customer, reasons };
    if (!owners.has(customer.cpf)) {
      owners.set(customer.cpf, customer.id);
      return { customer, reasons };
    }
    const reason = `repeats the CPF of record ${owners.get(customer.cpf)}`;
    return { customer, reasons: [{ field: 'cpf', value: customer.cpf, reason }] };
  });
};

function process(data) {
  const results = withoutRepeats(data.map(clean));
  const accepted = results.filter(({ reasons }) => reasons.length === 0);
  const rejected = results.filter(({ reasons }) => reasons.length > 0);

  rejected.forEach(({ customer, reasons }) => {
    console.warn(`record ${customer.id}: ${reasons.map(({ field, reason }) => `${field} ${reason}`).join(', ')}`);
  });
  return {
    summary: { received: data.length, accepted: accepted.length, rejected: rejected.length },
    customers: accepted.map(({ customer }) => customer),
    rejected: rejected.map(({ customer, reasons }) => ({ id: customer.id, reasons })),
  };
}
