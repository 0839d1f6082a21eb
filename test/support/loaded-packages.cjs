// Tells at the end of a process which packages it has loaded, on a line of its own on standard error.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const packages = new Set();
  for (const file of Object.keys(require.cache)) {
    const name = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1];
    if (name) packages.add(name.replace('\\', '/'));
  }
  writeSync(2, `\nLOADED ${JSON.stringify([...packages])}\n`);
});
