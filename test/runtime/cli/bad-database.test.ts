import { randomBytes } from 'node:crypto';
import { CliScene } from '../../support/cli-scene';
import type { Refusal } from '../../support/refusal';
import { expectRefusal } from '../../support/refusal';

type Case = Refusal & { readonly name: string };

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene?.stop());

function databaseUrl(change: (url: URL) => void): Record<string, string> {
  const url = new URL(scene.embedded.database.url);
  change(url);
  return { DATABASE_URL: url.href };
}

const noServer = (): Record<string, string> => ({
  DATABASE_URL: 'postgres://reader:hunter2-hunter2@127.0.0.1:1/audit',
});

describe('the database', () => {
  beforeAll(async () => {
    await scene.reset();
    await scene.run('append', { stdin: scene.events(3) });
    await scene.run('anchor --force');
  });

  const COMMANDS = ['status', 'anchor --force'] as const;
  const wrongPassword = (): Record<string, string> =>
    databaseUrl((url) => (url.password = 'wrong-password-123'));
  const otherDatabase = (): Record<string, string> =>
    databaseUrl((url) => (url.pathname = '/no_such_database'));
  const otherTable = (): Record<string, string> => ({ AUDIT_EVENTS_TABLE: 'no_such_table' });

  test.each(
    COMMANDS.flatMap((command): Case[] => [
      {
        name: `cannot be reached (${command})`,
        command,
        more: noServer,
        exitCode: 3,
        code: 'DB_UNREACHABLE',
        says: /127\.0\.0\.1:1/,
      },
      {
        name: `refuses the password (${command})`,
        command,
        more: wrongPassword,
        exitCode: 2,
        code: 'DB_AUTHENTICATION',
        says: /password/i,
      },
      {
        name: `does not exist (${command})`,
        command,
        more: otherDatabase,
        exitCode: 2,
        code: 'DB_NOT_FOUND',
        says: /no_such_database/,
      },
      {
        name: `has no such table (${command})`,
        command,
        more: otherTable,
        exitCode: 2,
        code: 'TABLE_NOT_FOUND',
        says: /no_such_table/,
      },
    ]),
  )('$name', (each) => expectRefusal(scene, each));

  test.each<Case>([
    {
      name: 'cannot be reached',
      command: 'verify',
      more: noServer,
      exitCode: 3,
      code: 'DATABASE_UNREADABLE',
      says: /127\.0\.0\.1:1/,
    },
    {
      name: 'refuses the password',
      command: 'verify',
      more: wrongPassword,
      exitCode: 3,
      code: 'DATABASE_UNREADABLE',
      says: /password/i,
    },
    {
      name: 'has no such table',
      command: 'verify --latest',
      more: otherTable,
      exitCode: 3,
      code: 'DATABASE_UNREADABLE',
      says: /no_such_table/,
    },
  ])('$name: the evidence in the bucket stands, and the verdict is not evaluated', (each) =>
    expectRefusal(scene, each),
  );

  test('a column is missing, another has the wrong type', async () => {
    const { pool } = scene.embedded.database;
    await pool.query(`CREATE TABLE other_shape AS SELECT * FROM audit_events WITH NO DATA;
      ALTER TABLE other_shape DROP COLUMN outcome, ALTER COLUMN occurred_at TYPE text`);
    const more = (): Record<string, string> => ({ AUDIT_EVENTS_TABLE: 'other_shape' });
    for (const command of ['status', 'anchor --force']) {
      await expectRefusal(scene, {
        command,
        more,
        exitCode: 2,
        code: 'TABLE_SHAPE',
        says: /"outcome".*no such column|"occurred_at".*text/s,
      });
    }
    const append = { command: 'append', more, exitCode: 2, code: 'TABLE_SHAPE', says: /"outcome"/ };
    await expectRefusal(scene, append, scene.events(1));
    await expectRefusal(scene, {
      command: 'verify',
      more,
      exitCode: 3,
      code: 'DATABASE_UNREADABLE',
      says: /"outcome".*"occurred_at"|"occurred_at".*"outcome"/s,
    });
  });

  test('the table belongs to someone else, who shows it to nobody', async () => {
    const { pool } = scene.embedded.database;
    const role = `stranger_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    try {
      const more = (): Record<string, string> =>
        databaseUrl((url) => {
          url.username = role;
          url.password = password;
        });
      await expectRefusal(scene, {
        command: 'verify',
        more,
        exitCode: 3,
        code: 'DATABASE_UNREADABLE',
        says: /permission|denied/i,
      });
      await expectRefusal(scene, { command: 'init', more, exitCode: 2, code: 'TABLE_OWNER', says: /own/ });
    } finally {
      await pool.query(`DROP ROLE ${role}`);
    }
  });
});
