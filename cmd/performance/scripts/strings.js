function process(data) {
  const letters = new Map();
  let american = 0;
  for (const r of data) {
    if (/^American\s+\w+$/.test(r.nomeBandeira)) american++;
    const slug = r.nomeBandeira.toLowerCase().replace(/[^a-z]+/g, "-");
    for (const part of slug.split("-")) letters.set(part, (letters.get(part) || 0) + r.trimestre.slice(0, 4).length);
  }
  return { american, letters: [...letters] };
}
