function process(data) {
  data.sort((a, b) => b.qtdTransacoesNacionais % 9973 - a.qtdTransacoesNacionais % 9973 || a.qtdCartoesAtivos - b.qtdCartoesAtivos);
  return data.slice(0, 10);
}
