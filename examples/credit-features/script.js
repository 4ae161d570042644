// Features for a credit model: z-scores, one-hot columns, and a column that says where a value was missing.
//
// The parameters (medians, means, deviations, categories) are learnt from the rows and returned with the features.
// Send them back as `parameters` to score new rows on the scale of the training rows.

const NUMERIC = ['age', 'monthlyIncome', 'monthlyDebt', 'monthsEmployed'];
const CATEGORICAL = ['employment', 'housing'];

const isMissing = (value) => value === null || value === undefined || value === '';

const round = (number) => Math.round(number * 1e6) / 1e6;

const present = (rows, field) => rows.map((row) => row[field]).filter((value) => !isMissing(value));

const mean = (numbers) => numbers.reduce((total, number) => total + number, 0) / numbers.length;

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const deviation = (numbers) => {
  const centre = mean(numbers);
  return Math.sqrt(mean(numbers.map((number) => (number - centre) * (number - centre))));
};

const fromEntries = (fields, valueOf) =>
  fields.reduce((object, field) => Object.assign(object, { [field]: valueOf(field) }), {});

// --- Learning ----------------------------------------------------------------------------------------------------------

const learnNumber = (rows, field) => {
  const known = present(rows, field);
  if (known.length === 0) throw new RangeError(`no row has a value for ${field}`);
  const fill = median(known);
  // Mean and deviation are those of the filled column, so that its z-scores have mean 0 and deviation 1.
  const filled = rows.map((row) => (isMissing(row[field]) ? fill : row[field]));
  return { median: fill, mean: round(mean(filled)), deviation: round(deviation(filled)) };
};

const learnCategories = (rows, field) => Array.from(new Set(present(rows, field))).sort();

const learn = (rows) => ({
  numeric: fromEntries(NUMERIC, (field) => learnNumber(rows, field)),
  categories: fromEntries(CATEGORICAL, (field) => learnCategories(rows, field)),
});

// --- Transforming ------------------------------------------------------------------------------------------------------

const numericFeatures = (row, field, { median: fill, mean: centre, deviation: scale }) => {
  const missing = isMissing(row[field]);
  const value = missing ? fill : row[field];
  if (typeof value !== 'number') throw new TypeError(`row ${row.id}: ${field} must be a number, not ${JSON.stringify(value)}`);
  return {
    [`${field}_z`]: scale === 0 ? 0 : round((value - centre) / scale), // a constant column says nothing
    [`${field}_missing`]: missing ? 1 : 0,
  };
};

// A category that was not learnt gets zeros everywhere, and so does a missing one, which has a column of its own.
const categoricalFeatures = (row, field, categories) =>
  Object.assign(
    fromEntries(categories.map((category) => `${field}_${category}`), (column) => (column === `${field}_${row[field]}` ? 1 : 0)),
    { [`${field}_missing`]: isMissing(row[field]) ? 1 : 0 }
  );

const transform = (row, { numeric, categories }) =>
  Object.assign(
    { id: row.id },
    ...NUMERIC.map((field) => numericFeatures(row, field, numeric[field])),
    ...CATEGORICAL.map((field) => categoricalFeatures(row, field, categories[field]))
  );

function process({ rows, parameters = learn(rows) }) {
  return { features: rows.map((row) => transform(row, parameters)), parameters };
}
