// Entry of a reader's thread when the program runs from its TypeScript sources.
require('./register-typescript.cjs');
require('../../runtime/adapters/workers/reader-thread.ts').serveReader();
