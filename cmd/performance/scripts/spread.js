function process(data) {
  return data.map(r => ({ ...r, total: r.qtdCartoesEmitidos + r.qtdCartoesAtivos }));
}
