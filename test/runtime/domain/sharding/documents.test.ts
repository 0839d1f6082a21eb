import fc from 'fast-check';
import { canonicalJson } from '../../../../runtime/domain/sharding/canonical-json';
import type { PartialReport } from '../../../../runtime/domain/sharding/partial-report';
import { openPartialReport, sealPartialReport } from '../../../../runtime/domain/sharding/partial-report';
import type { ShardPlan } from '../../../../runtime/domain/sharding/plan';
import { openPlan, planHash, sealPlan } from '../../../../runtime/domain/sharding/plan';
import type { DocumentKind, OpenDocument } from '../../../../runtime/domain/sharding/sealed-document';
import { readDocument, seal, unseal } from '../../../../runtime/domain/sharding/sealed-document';
import { openState, sealState } from '../../../../runtime/domain/sharding/verify-state';
import { keyFor } from '../../../support/chain';
import { without } from '../../../support/without';

const KEYS = { ids: ['k1', 'k2'], keys: [keyFor('k1'), keyFor('k2')] };
const HASH = 'ab'.repeat(32);

const RELATION = { schema: 's', name: 't', kind: 'partitioned table', oid: 7, nonTableChild: null } as const;

const PLAN: ShardPlan = {
  chainId: 'production',
  bucket: 'anchors',
  createdAt: '2030-01-15T14:00:00.000Z',
  snapshot: { systemId: '7', timeline: 1, relation: RELATION, head: { index: 30, hash: HASH } },
  firstIndex: 1,
  newest: { key: 'a', versionId: 'v', anchorSeq: 1, lastSeq: 10, lastHash: HASH, sha256: HASH },
  lookUps: [],
  shards: [
    {
      number: 1,
      from: null,
      to: 10,
      unindexed: false,
      events: 10,
      checkpoints: [
        {
          firstSeq: 1,
          lastSeq: 10,
          lastHash: HASH,
          merkleRoot: HASH,
          anchor: { key: 'a', versionId: 'v', seq: 1 },
        },
      ],
    },
    { number: 2, from: 11, to: null, unindexed: true, events: 20, checkpoints: [] },
  ],
};

const PART: PartialReport = {
  plan: planHash(PLAN),
  number: 2,
  snapshot: PLAN.snapshot,
  startedAt: PLAN.createdAt,
  finishedAt: PLAN.createdAt,
  result: {
    from: 11,
    to: null,
    events: 20,
    recomputed: 20,
    firstIndex: 11,
    lastIndex: 30,
    lastHash: HASH,
    first: { index: 11, prevHash: HASH },
    anchoredHashes: 0,
    rangeRoots: 0,
    findings: [
      {
        code: 'EVENT_LINK',
        severity: 'tampering',
        place: { kind: 'events', from: 12, to: 12 },
        message: 'prev_hash is not the hash of the event before',
        expected: HASH,
        actual: HASH,
        count: 1,
      },
      { code: 'EVENT_INDEX', severity: 'tampering', place: { kind: 'database' }, message: 'odd', count: 2 },
    ],
  },
  unfit: null,
  contradiction: {
    code: 'CHAIN_TRUNCATED',
    severity: 'tampering',
    place: { kind: 'events', from: 9, to: 10 },
    message: 'cut off',
    count: 1,
  },
  end: { tail: { events: 20, fromIndex: 11, ageSeconds: null }, lookedUp: 0, findings: [] },
};

const STATE = {
  chainId: 'production',
  bucket: 'anchors',
  verified: {
    from: 1,
    through: PLAN.newest!,
    anchors: 1,
    readAt: PLAN.createdAt,
    systemId: null,
    timeline: null,
    oid: 7,
  },
  run: {
    scope: 'full' as const,
    from: null,
    startedAt: PLAN.createdAt,
    snapshot: { ...PLAN.snapshot, head: null },
    parts: [{ attested: HASH, result: PART.result }],
  },
};

function carried(document: object): OpenDocument {
  const read = readDocument(JSON.stringify(document));
  if (!read) throw new Error('the document was not recognised');
  return read;
}

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined, é: '\n' })).toBe(
    '{"b":[1,{"c":"x","d":null}],"é":"\\n"}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('documents come back as they were', () => {
  expect(openPlan(carried(sealPlan(PLAN, KEYS)), KEYS)).toEqual(PLAN);
  expect(openPartialReport(carried(sealPartialReport(PART, KEYS)), KEYS)).toEqual(PART);
  expect(openState(carried(sealState(STATE, KEYS)), KEYS)).toEqual(STATE);
});

/** What every refusal is, whatever it names. */
const MALFORMED: unknown = expect.objectContaining({ code: 'DOCUMENT_MALFORMED' });

/** Every path to a member of a value. */
function paths(value: unknown, before: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [...before, name],
    ...paths(member, [...before, name]),
  ]);
}

function changed(value: unknown, [name, ...rest]: readonly string[], change: unknown): unknown {
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  if (name === undefined) return change;
  if (rest.length === 0 && change === undefined) delete copy[name];
  else copy[name] = rest.length === 0 ? change : changed(copy[name], rest, change);
  return copy;
}

const KINDS = [
  ['a plan', sealPlan(PLAN, KEYS), (document: OpenDocument) => openPlan(document, KEYS)],
  [
    'a partial report',
    sealPartialReport(PART, KEYS),
    (document: OpenDocument) => openPartialReport(document, KEYS),
  ],
  ['a state', sealState(STATE, KEYS), (document: OpenDocument) => openState(document, KEYS)],
] as const;

test.each(KINDS)('nothing of %s can be changed under its seal', (_name, sealed, open) => {
  for (const path of paths(sealed)) {
    if (path[0] === 'kind') continue;
    for (const change of ['changed', 17, null, undefined]) {
      const document = changed(sealed, path, change) as object;
      if (canonicalJson(document) === canonicalJson(sealed)) continue;
      expect(() => open(carried(document))).toThrow(MALFORMED as Error);
    }
  }
});

test.each(KINDS)('%s of a wrong shape is refused even under a seal of our own', (_name, sealed, open) => {
  const { kind } = sealed as { kind: DocumentKind };
  const body = without(sealed as Record<string, unknown>, 'mac', 'kind', 'format');
  for (const path of paths(body)) {
    for (const change of [{ odd: true }, [17], 1.5, true, -1]) {
      const document = seal(kind, changed(body, path, change) as object, KEYS);
      try {
        open(carried(document));
      } catch (error) {
        expect(error).toMatchObject({ code: 'DOCUMENT_MALFORMED' });
      }
    }
    const required = path[path.length - 1] !== 'expected' && path[path.length - 1] !== 'actual';
    const derived = ['unindexed', 'severity'].includes(path[path.length - 1]!);
    if (!required || derived || /^\d+$/.test(path[path.length - 1]!)) continue;
    const without = seal(kind, changed(body, path, undefined) as object, KEYS);
    expect(() => open(carried(without))).toThrow(MALFORMED as Error);
  }
});

test.each([
  [
    'a gap between shards',
    { shards: [PLAN.shards[0], { ...PLAN.shards[1], from: 12 }] },
    /does not continue/,
  ],
  ['shards in disorder', { shards: [PLAN.shards[1], PLAN.shards[0]] }, /shard 1 does not continue/],
  ['no end', { shards: [PLAN.shards[0]] }, /does not reach the end/],
  ['no shard', { shards: [] }, /does not reach the end/],
])('a plan with %s is refused', (_name, changes, expected) => {
  const document = carried(sealPlan({ ...PLAN, ...changes } as ShardPlan, KEYS));
  expect(() => openPlan(document, KEYS)).toThrow(expected);
});

test('a seal is bound to keys, their ids and the kind of the document', () => {
  const document = carried(sealPlan(PLAN, KEYS));
  const others = [
    { ids: ['k1'], keys: [keyFor('k1')] },
    { ids: ['k2', 'k1'], keys: KEYS.keys },
    { ids: KEYS.ids, keys: [keyFor('k2'), keyFor('k1')] },
    { ids: [], keys: [] },
  ];
  for (const keys of others) expect(() => unseal(document, keys)).toThrow(/its seal does not fit/);
  expect(() =>
    unseal({ ...document, members: { ...document.members, kind: 'audit-anchor/part' } }, KEYS),
  ).toThrow(/its seal does not fit/);
  expect(() => unseal({ ...document, members: { ...document.members, format: 2 } }, KEYS)).toThrow(
    /a format other than 1/,
  );
});

test.each(['', 'null', '[]', '"audit-anchor/plan"', '{', '{"kind":"audit-anchor/other"}', '{"kind":1}'])(
  'no document of ours: %s',
  (text) => expect(readDocument(text)).toBeNull(),
);

test('a document does not show the keys it is sealed with', () => {
  const text = JSON.stringify(sealState(STATE, KEYS));
  for (const key of KEYS.keys) {
    expect(text).not.toContain(key.toString('hex'));
    expect(text).not.toContain(key.toString('base64'));
  }
});
