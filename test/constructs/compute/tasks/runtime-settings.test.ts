import { TerraformVariable } from 'cdktf';
import { checkRuntimeSettings } from '../../../../constructs/compute/tasks/runtime-settings';
import type { RuntimeSettings } from '../../../../constructs/compute/tasks/task-environment';
import { PropCheck } from '../../../../constructs/validation';
import { ENV } from '../../../../runtime/contract';
import { ConfigError } from '../../../../runtime/errors';
import { faultsOf, foreignStack } from '../../../support/infra-stack';
import { load } from '../../../runtime/config/environment';

type Name = keyof RuntimeSettings;

function synthFaults(settings: RuntimeSettings) {
  return faultsOf(() => {
    const check = new PropCheck('Test');
    checkRuntimeSettings(check, settings);
    check.throwIfAny();
  });
}

/** Names of the settings that synth refuses. */
function refusedAtSynth(settings: RuntimeSettings): string[] {
  return unique(synthFaults(settings).map(({ prop }) => prop.replace(/^settings\./, '')));
}

/** Names of the settings that the program refuses when a task starts with them. */
function refusedInTask(settings: RuntimeSettings): string[] {
  const env = Object.entries(settings).map(([name, value]) => [ENV[name as Name], String(value)] as const);
  try {
    load(Object.fromEntries(env));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const names = Object.entries(ENV);
    return unique(
      error.faults.map(({ setting }) => names.find(([, name]) => name === setting)?.[0] ?? setting),
    );
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

const COLUMNS = 'seq:int8,at:timestamptz,kid:text,prev:bytea';
const NAMED = { indexColumn: 'seq', prevHashColumn: 'prev', hashColumn: 'own', keyIdColumn: 'kid' };
const LINKS = { chainFormat: 'links' };

test.each<[RuntimeSettings, Name[]]>([
  [{}, []],
  [{ clockToleranceSeconds: 60 }, []],
  [{ clockToleranceSeconds: '0' }, []],
  [{ clockToleranceSeconds: '86400' }, []],
  [{ clockToleranceSeconds: 86_401 }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: -1 }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: 1.5 }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: '1e2' }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: '5.0' }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: '060' }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: ' 60' }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: '0x10' }, ['clockToleranceSeconds']],
  [{ clockToleranceSeconds: '1m' }, ['clockToleranceSeconds']],

  [{ eventsTable: 'audit.events' }, []],
  [{ eventsTable: 5 }, []],
  [{ eventsTable: 'Ereignisse-ß' }, []],
  [{ eventsTable: 'a b' }, []],
  [{ eventsTable: ' a' }, ['eventsTable']],
  [{ eventsTable: 'a%b' }, []],
  [{ eventsTable: 'a.b.c' }, ['eventsTable']],
  [{ eventsTable: '.log' }, ['eventsTable']],
  [{ eventsTable: 'ä'.repeat(32) }, ['eventsTable']],
  [{ eventsSchema: 'audit' }, []],
  [{ eventsSchema: 'a.b' }, ['eventsSchema']],
  [{ eventsSchema: 'a,b' }, []],
  [{ eventsTable: 'audit.events', eventsSchema: 'audit' }, []],
  [{ eventsTable: 'audit.events', eventsSchema: 'public' }, ['eventsSchema']],
  [{ eventsTable: ' a', eventsSchema: 'c.d' }, ['eventsSchema', 'eventsTable']],

  [{ chainFormat: 'v1' }, []],
  [{ chainFormat: 'v2' }, ['chainFormat']],
  [{ chainFormat: 'V1', keyIdColumn: ' a' }, ['chainFormat']],
  [{ ...NAMED, eventsColumns: COLUMNS }, []],
  [{ eventsColumns: COLUMNS }, ['indexColumn', 'keyIdColumn', 'prevHashColumn']],
  [{ eventsColumns: 'foo' }, ['eventsColumns']],
  [{ eventsColumns: 'chain_index:int8,, a:text,details:jsonb' }, ['eventsColumns']],
  [{ eventsColumns: 'a:text,a:text' }, ['eventsColumns']],
  [{ ...NAMED, eventsColumns: COLUMNS.replace('int8', 'text') }, ['indexColumn']],
  [{ ...NAMED, eventsColumns: `${COLUMNS},own:bytea` }, ['hashColumn']],
  [{ indexColumn: 'seq' }, ['indexColumn']],
  [{ indexColumn: ' a', hashColumn: 'ü'.repeat(32) }, ['hashColumn', 'indexColumn']],
  [{ hashColumn: 'c:d, e' }, []],
  [{ ...NAMED, eventsColumns: COLUMNS.replace('seq', 'a%2C%3A%25b'), indexColumn: 'a,:%b' }, []],
  [{ ...NAMED, eventsColumns: COLUMNS.replace('seq', 'a%b'), indexColumn: 'a%b' }, ['eventsColumns']],
  [{ hashColumn: 'key_id' }, ['hashColumn']],
  [{ keyIdColumn: 'none' }, ['keyIdColumn']],

  [LINKS, []],
  [{ ...LINKS, ...NAMED, keyIdColumn: 'none' }, []],
  [{ ...LINKS, eventsColumns: 'chain_index:integer' }, ['eventsColumns']],
  [{ ...LINKS, ...NAMED, eventsColumns: 'seq:bigint,prev:bytea,own:bytea,kid:text' }, []],
  [{ ...LINKS, eventsColumns: COLUMNS }, ['eventsColumns']],
  [{ ...LINKS, eventsColumns: 'chain_index:text' }, ['eventsColumns']],
  [{ ...LINKS, eventsColumns: 'seq:int8' }, ['eventsColumns']],
  [{ ...LINKS, eventsColumns: 'foo' }, ['eventsColumns']],
  [{ ...LINKS, prevHashColumn: 'event_hash' }, ['indexColumn']],

  [{ s3Endpoint: 'https://s3-fips.us-east-1.amazonaws.com' }, []],
  [{ s3Endpoint: 'http://127.0.0.1:9000/base' }, []],
  [{ s3Endpoint: 'nope' }, ['s3Endpoint']],
  [{ s3Endpoint: 'localhost:9000' }, ['s3Endpoint']],
  [{ s3Endpoint: 'ftp://s3.example' }, ['s3Endpoint']],
  [{ s3Endpoint: 'https://s3.example/?x=1' }, ['s3Endpoint']],
  [{ s3Endpoint: 'https://user:word@s3.example' }, ['s3Endpoint']],

  [{ hmacActiveKeyId: 'k1' }, []],
  [{ ...LINKS, hmacActiveKeyId: 'x'.repeat(256) }, []],
])('%j: both halves refuse %j', (settings, expected) => {
  expect(refusedAtSynth(settings)).toEqual([...expected].sort());
  expect(refusedInTask(settings)).toEqual([...expected].sort());
});

test('an id that no key can have is refused at synth; whether a key has it, the task alone knows', () => {
  expect(refusedAtSynth({ hmacActiveKeyId: 'x'.repeat(256) })).toEqual(['hmacActiveKeyId']);
  expect(refusedAtSynth({ hmacActiveKeyId: 'k2' })).toEqual([]);
  expect(refusedInTask({ hmacActiveKeyId: 'k2' })).toEqual(['hmacActiveKeyId']);
});

test.each<[RuntimeSettings, Name]>([
  [{ clockToleranceSeconds: '' }, 'clockToleranceSeconds'],
  [{ eventsTable: '' }, 'eventsTable'],
  [{ ...NAMED, eventsColumns: COLUMNS, hashColumn: 'a\\b' }, 'hashColumn'],
  [{ ...NAMED, eventsColumns: COLUMNS, hashColumn: 'a"b' }, 'hashColumn'],
  [{ ...NAMED, eventsColumns: COLUMNS, hashColumn: 'a%{b' }, 'hashColumn'],
  [{ eventsTable: 'a\nb' }, 'eventsTable'],
  [{ chainFormat: '' }, 'chainFormat'],
])('%j cannot be said to a task: empty would mean absent, and cdktf does not escape', (settings, name) => {
  expect(refusedAtSynth(settings)).toEqual([name]);
  expect(refusedInTask(settings)).toEqual([]);
});

describe('what only Terraform knows', () => {
  const text = () => new TerraformVariable(foreignStack(), 'text', {}).stringValue;
  const number = () => new TerraformVariable(foreignStack(), 'number', {}).numberValue;

  test('is accepted', () => {
    expect(
      refusedAtSynth({ clockToleranceSeconds: number(), s3Endpoint: text(), chainFormat: text() }),
    ).toEqual([]);
  });

  test('is not held against what is known, which is judged alone', () => {
    expect(refusedAtSynth({ eventsColumns: text(), indexColumn: 'seq', eventsTable: text() })).toEqual([]);
    expect(refusedAtSynth({ eventsTable: text(), eventsSchema: 'a.b' })).toEqual(['eventsSchema']);
    expect(refusedAtSynth({ chainFormat: text(), keyIdColumn: 'none', eventsColumns: 'foo' })).toEqual([
      'eventsColumns',
    ]);
    expect(refusedAtSynth({ eventsColumns: COLUMNS, indexColumn: text() })).toEqual([]);
    expect(refusedAtSynth({ indexColumn: text(), keyIdColumn: 'none' })).toEqual(['keyIdColumn']);
  });
});

test('faults name the other setting as it is written in the props, and show no credentials', () => {
  expect(
    synthFaults({ keyIdColumn: 'none', s3Endpoint: 'https://user:word@s3.example', indexColumn: 'n' }),
  ).toEqual([
    {
      prop: 'settings.keyIdColumn',
      found: '"none"',
      allowed: 'the name of a column; only "settings.chainFormat" links can do without one',
      fix: 'correct it: the task would refuse it when it starts',
    },
    {
      prop: 'settings.s3Endpoint',
      found: 'a URL with credentials in it (not shown)',
      allowed: expect.stringContaining('an http or https URL') as string,
      fix: 'correct it: the task would refuse it when it starts',
    },
  ]);
});
