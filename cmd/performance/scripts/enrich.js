function process(data) {
  for (const r of data) {
    r.total = r.qtdCartoesEmitidos + r.qtdCartoesAtivos;
  }
  return data;
}
