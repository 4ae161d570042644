// Corporate cards by quarter and brand, without the international figures.
// The rows are those of "Meios de Pagamentos", the open data of Banco Central do Brasil.

const groupBy = (rows, keyOf) =>
  rows.reduce((groups, row) => {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
    return groups;
  }, new Map());

const sum = (rows, field) => rows.reduce((total, row) => total + row[field], 0);

// Binary fractions cannot hold every cent: 0.1 + 0.2 is 0.30000000000000004.
const toCents = (amount) => Math.round(amount * 100) / 100;

const summarise = (rows) => ({
  trimestre: rows[0].trimestre,
  nomeBandeira: rows[0].nomeBandeira,
  qtdCartoesEmitidos: sum(rows, 'qtdCartoesEmitidos'),
  qtdCartoesAtivos: sum(rows, 'qtdCartoesAtivos'),
  qtdTransacoesNacionais: sum(rows, 'qtdTransacoesNacionais'),
  valorTransacoesNacionais: toCents(sum(rows, 'valorTransacoesNacionais')),
});

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const byQuarterAndBrand = (a, b) =>
  compare(a.trimestre, b.trimestre) || compare(a.nomeBandeira, b.nomeBandeira);

function process(data) {
  if (!Array.isArray(data)) {
    throw new TypeError('the data must be an array of rows');
  }
  const corporate = data.filter((row) => row.produto === 'Empresarial');
  const groups = groupBy(corporate, (row) => `${row.trimestre} ${row.nomeBandeira}`);

  console.log(`${corporate.length} of ${data.length} rows are corporate, in ${groups.size} groups`);
  return Array.from(groups.values(), summarise).sort(byQuarterAndBrand);
}
