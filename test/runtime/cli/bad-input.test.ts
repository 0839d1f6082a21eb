import { runCli } from '../../support/run-cli';
import { CliScene } from '../../support/cli-scene';
import type { Refusal } from '../../support/refusal';
import { expectRefusal } from '../../support/refusal';

type Case = Refusal & { readonly name: string };

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene?.stop());

describe('the keys', () => {
  beforeAll(() => scene.reset());

  const short = JSON.stringify({ k1: Buffer.alloc(31, 'k').toString('base64') });
  test.each<Case>([
    {
      name: 'one is too short',
      command: 'verify',
      more: () => ({ AUDIT_HMAC_KEYS: short }),
      exitCode: 2,
      code: 'CONFIG_INVALID',
      says: /AUDIT_HMAC_KEYS.*31 bytes.*32/s,
    },
    {
      name: 'the ring is not JSON',
      command: 'append',
      more: () => ({ AUDIT_HMAC_KEYS: '{k1: oops' }),
      exitCode: 2,
      code: 'CONFIG_INVALID',
      says: /AUDIT_HMAC_KEYS/,
    },
    {
      name: 'the active key is not in the ring',
      command: 'append',
      more: () => ({ AUDIT_HMAC_ACTIVE_KEY_ID: 'k9' }),
      exitCode: 2,
      code: 'CONFIG_INVALID',
      says: /k9/,
    },
    {
      name: 'the key asked for is not in the ring',
      command: 'append --key-id k9',
      exitCode: 2,
      code: 'KEY_UNKNOWN',
      says: /k9/,
    },
  ])('$name', (each) => expectRefusal(scene, each, scene.events(1)));

  test('none is active', async () => {
    const env = scene.env();
    delete env.AUDIT_HMAC_ACTIVE_KEY_ID;
    const { exitCode, stderr } = await runCli(['append'], { env, stdin: scene.events(1) });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/AUDIT_HMAC_ACTIVE_KEY_ID.*k1, k2.*--key-id/s);
  });

  test('the key of a stored event is unknown: nothing is anchored, nothing is called verified', async () => {
    await scene.run('append --key-id k2', { stdin: scene.events(2) });
    const more = (): Record<string, string> => ({
      AUDIT_HMAC_KEYS: JSON.stringify({ k1: Buffer.alloc(32, 7).toString('base64') }),
    });
    await expectRefusal(scene, {
      command: 'anchor --force',
      more,
      exitCode: 3,
      code: 'KEY_UNKNOWN',
      says: /"k2"/,
    });
    expect(await scene.embedded.versions()).toEqual([]);
  });
});

describe('events on standard input', () => {
  beforeEach(() => scene.reset());

  const valid = { occurred_at: '2026-01-15T14:00:00Z', actor: 'alice', action: 'login', outcome: 'success' };
  const line = (changes: object): string => JSON.stringify({ ...valid, ...changes });
  test.each<[name: string, input: string | Buffer, says: RegExp]>([
    ['a NUL', line({ actor: 'a\0b' }), /actor.*NUL|NUL.*actor|U\+0000|\\u0000/is],
    ['a lone surrogate', line({ actor: 'x' }).replace('"x"', '"\\ud800"'), /actor.*surrogate/is],
    ['a timestamp at infinity', line({ occurred_at: 'infinity' }), /occurred_at/],
    ['a missing field', JSON.stringify({ actor: 'alice' }), /occurred_at|action|outcome/],
    ['an unknown field', line({ who: 'bob' }), /unknown field "who"/],
    ['the fields of the chain', line({ event_hash: 'ff' }), /event_hash/],
    ['a number for a text', line({ actor: 7 }), /actor/],
    ['a list', '[]', /object/],
    ['an empty line', '\n', /empty line/],
    ['half a line', '{"actor": "ali', /JSON/],
  ])('%s is refused with its line, and nothing is stored', async (_name, input, says) => {
    const stdin = `${line({})}\n${input.toString()}\n`;
    await expectRefusal(scene, { command: 'append', exitCode: 2, code: 'EVENT_INVALID', says }, stdin);
    const { stderr } = await scene.run('append', { stdin });
    expect(stderr).toMatch(/event 2\b|line 2\b/i);
    expect((await scene.run('status --json')).document).toMatchObject({ head: null });
  });

  test('an escaped NUL inside of JSON is only text there: it is stored and verified', async () => {
    const stdin = `${line({ details: { note: 'a\0b' } })}\n`;
    expect(await scene.run('append', { stdin })).toMatchObject({ exitCode: 0 });
    expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
    expect((await scene.run('verify --json')).document).toMatchObject({ contents: 'verified' });
  });
});
