import { EventAppender } from '../adapters/postgres/append/append';
import { Connection } from '../adapters/postgres/connection';
import type { VerificationReport } from '../domain/findings/report';
import type { FindingCode } from '../domain/findings/finding';
import { ConfigError } from '../errors';
import { demoEvents } from './events';
import { BUCKET, CHAIN_ID } from './stage';
import type { Stage } from './stage';

/** An attack and what the verifier made of it. */
export interface AttackResult {
  readonly name: string;
  readonly what: string;
  /** The finding that has to come out first. */
  readonly expected: FindingCode;
  readonly report: VerificationReport;
}

/** Works on a database as its owner, with the protection of the table switched off. */
async function asOwner(
  stage: Stage,
  database: string,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await Connection.open(stage.connection(database));
  try {
    await connection.query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await work(connection);
  } finally {
    await connection.close();
  }
}

async function editEvent(stage: Stage): Promise<AttackResult> {
  await stage.copyDatabase('attack_edit');
  await asOwner(stage, 'attack_edit', async (connection) => {
    await connection.query("UPDATE audit_events SET actor = 'nobody@example.com' WHERE chain_index = 4321");
  });
  return {
    name: 'An event is edited',
    what: 'the owner of the database switches the triggers off and puts another actor into event 4,321',
    expected: 'EVENT_HASH',
    report: await stage.verifier({ database: 'attack_edit' }).verify({ kind: 'full' }),
  };
}

async function rechainTail(stage: Stage): Promise<AttackResult> {
  await stage.copyDatabase('attack_rechain');
  await asOwner(stage, 'attack_rechain', async (connection) => {
    const [cut] = await connection.query<{ count: string }>(
      'WITH gone AS (DELETE FROM audit_events WHERE chain_index > 11500 RETURNING 1) SELECT count(*)::text FROM gone',
    );
    const keys = { activeKeyId: 'k2', secretFor: (id: string) => stage.keyRing.secretFor(id) };
    const appender = new EventAppender({ table: stage.table, layout: stage.layout, chainId: CHAIN_ID, keys });
    await connection.query('BEGIN');
    const forged = [...demoEvents(500_000, Number(cut?.count ?? 0), stage.clock.now() - 3_600_000, 1_000)];
    await appender.append(connection.client, forged);
    await connection.query('COMMIT');
  });
  return {
    name: 'The tail is cut off and chained anew',
    what: 'with the stolen HMAC key every event after 11,500 is replaced by a forged one: links and HMACs are all valid',
    expected: 'ANCHORED_HASH',
    report: await stage.verifier({ database: 'attack_rechain' }).verify({ kind: 'full' }),
  };
}

async function overlayAnchor(stage: Stage): Promise<AttackResult> {
  const s3 = await stage.copyBucket('s3-overlaid');
  const { sdk, client } = await stage.s3Client(s3);
  const listed = await client.send(new sdk.ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${CHAIN_ID}/` }));
  const key = listed.Contents?.[2]?.Key;
  if (!key) throw new ConfigError('OBJECT_NOT_FOUND', 'the demo has fewer than three anchors');
  const original = await client.send(new sdk.GetObjectCommand({ Bucket: BUCKET, Key: key }));
  const body = (await original.Body?.transformToString()) ?? '';
  await client.send(
    new sdk.PutObjectCommand({
      Bucket: BUCKET,
      Key: key,
      Body: body.replace(/"last_hash":"[0-9a-f]{64}"/, `"last_hash":"${'ab'.repeat(32)}"`),
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  return {
    name: 'A second version is laid over an anchor',
    what: 'Object Lock keeps the first version of anchor #3 but lets another be written on top, which plain reads then see',
    expected: 'ANCHOR_OVERLAID',
    report: await stage.verifier({ s3 }).verify({ kind: 'full' }),
  };
}

/** Each attack runs on a copy: in the bucket itself not even the demo could take it back. */
export const ATTACKS: readonly ((stage: Stage) => Promise<AttackResult>)[] = [
  editEvent,
  rechainTail,
  overlayAnchor,
];
