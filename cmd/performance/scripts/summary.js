function process(data) {
  const sums = new Map();
  for (const row of data.filter(r => r.produto === "PRIVATE")) {
    const key = row.trimestre + "|" + row.nomeBandeira;
    const s = sums.get(key) || { trimestre: row.trimestre, nomeBandeira: row.nomeBandeira, emitidos: 0, ativos: 0, valor: 0 };
    s.emitidos += row.qtdCartoesEmitidos;
    s.ativos += row.qtdCartoesAtivos;
    s.valor += row.valorTransacoesNacionais;
    sums.set(key, s);
  }
  return [...sums.values()];
}
