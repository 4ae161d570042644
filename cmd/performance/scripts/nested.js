function process(data) {
  const walk = node => node.children.reduce((sum, child) => sum + walk(child), node.value);
  data.total = walk(data);
  return data;
}
