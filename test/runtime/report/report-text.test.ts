import type { Finding, NewFinding } from '../../../runtime/domain/findings/finding';
import { explainFindings } from '../../../runtime/domain/findings/explain';
import { FindingLog } from '../../../runtime/domain/findings/finding-log';
import type { VerificationReport } from '../../../runtime/domain/findings/report';
import { reportText } from '../../../runtime/report/report-text';
import { createColors } from '../../../runtime/terminal/colors';

const PLAIN = createColors(false);

function findings(...found: readonly NewFinding[]): Finding[] {
  const log = new FindingLog();
  found.forEach((each) => log.add(each));
  return explainFindings(log.all());
}

function report(changes: Partial<VerificationReport> = {}): VerificationReport {
  return {
    verdict: 'verified',
    scope: 'full',
    chainId: 'production',
    bucket: 'audit-anchors-prod',
    startedAt: '2030-01-15T16:00:00.000Z',
    finishedAt: '2030-01-15T16:00:01.000Z',
    contents: 'verified',
    coverage: {
      anchors: 3,
      anchorsRead: 3,
      events: 12_034,
      eventsRecomputed: 12_034,
      range: { from: 1, to: 12_034 },
      time: { after: null, until: null },
      anchoredHashes: 3,
      rangeRoots: 1,
    },
    newestAnchor: {
      key: 'production/2030/01/15/16/anchor-20300115T160000Z.json',
      versionId: 'v3',
      anchorSeq: 3,
      lastSeq: 12_000,
      time: '2030-01-15T16:00:00Z',
      lockedUntil: '2031-02-19T16:00:00.000Z',
    },
    tail: { events: 34, fromIndex: 12_001, ageSeconds: 75 },
    database: {
      systemId: '7461',
      timeline: 1,
      relation: { schema: 'audit', name: 'events', kind: 'table', oid: 16_402, nonTableChild: null },
    },
    findings: [],
    ...changes,
  };
}

const text = (changes?: Partial<VerificationReport>): string => reportText(report(changes), PLAIN).join('\n');
const object = (key: string, versionId = 'v1') => ({ kind: 'object', key, versionId }) as const;
const events = (from: number, to = from) => ({ kind: 'events', from, to }) as const;
const ROOT: NewFinding = { code: 'RANGE_ROOT', place: events(1, 100), message: 'the root differs' };
const edited = (index: number): NewFinding => ({
  code: 'EVENT_HASH',
  place: events(index),
  message: 'the hash differs',
});

test('a verified chain', () => {
  expect(text()).toMatchInlineSnapshot(`
    "✔ VERIFIED
      chain       production in s3://audit-anchors-prod
      scope       every anchor and every event
      anchors     3 found, 3 read
      newest      #3 of 2030-01-15T16:00:00Z, up to event 12,000: production/2030/01/15/16/anchor-20300115T160000Z.json
      events      12,034 read (1 to 12,034), 12,034 recomputed
      time        from the beginning to the end, which no anchor covers yet (by the time of the anchors, UTC)
      compared    3 anchored hashes, 1 Merkle root
      contents    verified
      unanchored  34 events from index 12,001, the oldest 1 min 15 s old
      read from   table audit.events, oid 16402
      database    system 7461, timeline 1"
  `);
});

test('one of each is in the singular', () => {
  const { coverage } = report();
  const one = text({
    tail: { events: 1, fromIndex: 12_001, ageSeconds: null },
    coverage: { ...coverage, anchoredHashes: 1 },
  });
  expect(one).toContain('1 event from index 12,001\n');
  expect(one).toContain('1 anchored hash, 1 Merkle root\n');
});

test('anchors alone: nothing is said of events', () => {
  const alone = text({ scope: 'anchors-only', database: null, tail: null, contents: 'not evaluated' });
  expect(alone).toContain('events not evaluated');
  expect(alone).not.toMatch(/unanchored|recomputed|contents/);
});

test('a database that could not be read is not reported as checked', () => {
  const found = findings({ code: 'DATABASE_UNREADABLE', place: { kind: 'database' }, message: 'no answer' });
  expect(text({ verdict: 'not evaluated', database: null, tail: null, findings: found }))
    .toMatchInlineSnapshot(`
    "? NOT EVALUATED
      chain    production in s3://audit-anchors-prod
      scope    every anchor and every event
      anchors  3 found, 3 read
      newest   #3 of 2030-01-15T16:00:00Z, up to event 12,000: production/2030/01/15/16/anchor-20300115T160000Z.json

    NOT EVALUATED DATABASE_UNREADABLE in the database
      no answer"
  `);
});

test('the cause in full, what follows from it in one line each', () => {
  const cut: NewFinding = {
    code: 'CHAIN_TRUNCATED',
    place: events(900, 1_100),
    message: 'the end was cut off',
    expected: 'events up to 1100',
    actual: 'the last event is 899',
    anchor: { key: 'production/a.json', versionId: 'v9', seq: 1_234 },
    count: 2,
  };
  const found = findings(ROOT, edited(5), edited(6), edited(7), { ...ROOT, place: events(801, 1_000) }, cut);
  expect(text({ verdict: 'tampered', findings: found }).split('\n\n')[1]).toMatchInlineSnapshot(`
    "TAMPERING EVENT_HASH at events 5 to 7
      the hash differs
    TAMPERING CHAIN_TRUNCATED at events 900 to 1,100, 2 anchored ranges
      the end was cut off
      expected  events up to 1100
      found     the last event is 899
      anchor    #1,234 production/a.json (version v9)
    follows from EVENT_HASH: RANGE_ROOT at events 1 to 100
    follows from CHAIN_TRUNCATED: RANGE_ROOT at events 801 to 1,000"
  `);
});

test('more places than are listed are counted', () => {
  const every = Array.from({ length: 100 }, (_, at) => edited(2 * at + 1));
  const lines = text({ verdict: 'tampered', findings: findings(...every, ROOT) }).split('\n');
  expect(lines.length).toBeLessThan(60);
  expect(lines).toContain('  further places, 80 in all, are not listed one by one');
  expect(lines[lines.length - 1]).toBe('follows from EVENT_HASH: RANGE_ROOT at events 1 to 100');
});

test('more findings than fit are counted, and so are more consequences', () => {
  const many = ['ANCHOR_OVERLAID', 'ANCHOR_NOT_LOCKED'].flatMap((code) =>
    Array.from({ length: 15 }, (_, at) => ({
      code: code as 'ANCHOR_OVERLAID',
      place: object(`k${at}`),
      message: 'x',
    })),
  );
  const shown = text({ verdict: 'tampered', findings: findings(...many) });
  expect(shown).toContain('… and 5 further findings; --json lists all');
  const roots = Array.from({ length: 30 }, (_, at) => ({ ...ROOT, place: events(at * 10, at * 10 + 1) }));
  const all = [edited(0), ...roots].map((each): Finding => ({
    ...each,
    severity: 'tampering',
    count: 1,
    ...(each.code === 'RANGE_ROOT' ? { explainedBy: 'EVENT_HASH' } : {}),
  }));
  expect(text({ verdict: 'tampered', findings: all })).toContain('… and 5 further consequences');
});

test('nothing from outside acts on the terminal', () => {
  const hostile = '\u001b[31m\r\n\u202e';
  const found = findings({
    code: 'ANCHOR_METADATA',
    place: object(`production/${hostile}`, hostile),
    message: hostile,
    expected: hostile,
    actual: hostile,
    anchor: { key: hostile, versionId: hostile, seq: 1 },
  });
  const shown = text({ chainId: hostile, bucket: hostile, verdict: 'tampered', findings: found });
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('severities have their own words and colours', () => {
  const found = findings(
    { code: 'ANCHORS_EXPIRED', place: object('a'), message: 'gone' },
    { code: 'CADENCE_GAP', place: object('b'), message: 'late' },
    { code: 'KEY_UNKNOWN', place: events(3), message: 'no key' },
    { code: 'EVENT_HASH', place: events(3), message: 'edited' },
  );
  const lines = reportText(report({ verdict: 'tampered', findings: found }), createColors(true));
  expect(lines[0]).toBe('\u001b[31m✘ TAMPERED\u001b[39m');
  const heads = lines.filter((line) => line.includes(' at '));
  expect(heads).toEqual([
    expect.stringContaining('\u001b[31mTAMPERING'),
    expect.stringContaining('\u001b[33mNOT EVALUATED'),
    expect.stringContaining('\u001b[33mWARNING'),
    expect.stringContaining('\u001b[2mNOTE'),
  ]);
});

test('what ends a finding is said where that is known', () => {
  const found = findings({ code: 'KEY_UNKNOWN', place: events(3), message: 'no key' }, edited(4));
  const lines = text({ verdict: 'tampered', findings: found }).split('\n');
  const remedies = lines.filter((line) => line.startsWith('  to do '));
  expect(remedies).toEqual([expect.stringContaining('add the key to AUDIT_HMAC_KEYS')]);
  expect(lines[lines.indexOf(remedies[0]!) - 1]).toBe('  no key');
});

test('what was not read is named, each with the reason', () => {
  const at = '2030-01-15T15:00:00.000Z';
  const { coverage } = report();
  const notRead = [
    { from: 1, to: 10_000, anchors: 1, reason: 'verified before', at },
    { from: 10_001, to: 12_000, anchors: 2, reason: 'read before the interruption', at },
    { from: 12_001, to: 12_030, anchors: 1, reason: 'anchored after the plan', at },
  ] as const;
  const lines = text({ scope: 'since-last', coverage: { ...coverage, notRead } }).split('\n');
  expect(lines.filter((line) => /scope|not read/.test(line))).toEqual([
    '  scope       every anchor, and the events that were not verified before; nothing is said of the others',
    `  not read    1 to 10,000 (1 anchor): verified before; the oldest of it was read by a run that began ${at}`,
    `  not read    10,001 to 12,000 (2 anchors): read by the interrupted run that began ${at}`,
    `  not read    12,001 to 12,030 (1 anchor): read, but not held against these anchors: the plan was made ${at}`,
  ]);
});
