// Runs a server on the folder given as argument, in a process of its own, and prints its endpoint.
require('./ts-register.cjs');
const { startWormS3 } = require('../../../../../runtime/embedded/s3/server.ts');

startWormS3({ directory: process.argv[2] }).then(
  (server) => process.stdout.write(`${server.endpoint}\n`),
  (error) => {
    process.stderr.write(`${error.code} ${error.message}\n`);
    process.exitCode = 2;
  },
);
