import { App, CONTEXT_ENV } from 'cdktf';
import {
  annotationsOf,
  AuditAnchorStack,
  ConstructError,
  projectContext,
  readSettings,
} from './constructs/index';

/** Synthesises one stack per environment; `npx cdktf` and `npm run synth` both run this file. */
function main(): void {
  const app = new App({ context: projectContext() });
  for (const settings of readSettings(app.node.tryGetContext('auditAnchor'), process.env)) {
    new AuditAnchorStack(app, settings);
  }
  app.synth();
  const byCli = process.env[CONTEXT_ENV] !== undefined;
  if (!byCli)
    process.stderr.write(
      annotationsOf(app)
        .map((note) => `${note}\n`)
        .join(''),
    );
}

try {
  main();
} catch (error) {
  if (!(error instanceof ConstructError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
