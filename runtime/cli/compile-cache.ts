import * as nodeModule from 'node:module';

/** From 22.1 on Node.js keeps what it has compiled; missing in the type definitions of 20. */
(nodeModule as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
