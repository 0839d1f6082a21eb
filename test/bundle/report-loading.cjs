// Loaded before the program: says on standard error which functions a WebAssembly module brought in, and which parts
// of Node.js were asked for.
const Module = require('node:module');

const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    process.stderr.write(`wasm: ${Object.keys(this.exports).sort().join(' ')}\n`);
  }
};

const load = Module._load;
Module._load = function (name, ...rest) {
  if (Module.isBuiltin(name)) process.stderr.write(`builtin: ${name.replace(/^node:/, '')}\n`);
  return load.call(this, name, ...rest);
};
