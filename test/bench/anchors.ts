import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../runtime/adapters/clock/system-clock';
import { S3AnchorStore } from '../../runtime/adapters/s3/s3-anchor-store';
import { Verifier } from '../../runtime/application/verifier';
import { inParallel } from '../../runtime/application/verify/in-parallel';
import { DEFAULTS } from '../../runtime/contract';
import type { Cleanup } from '../support/programs/cleanup';
import { integer, optionsFrom } from './arguments';
import { machineLine, peakRss } from './machine';
import { MAX_ROUNDS } from './options';
import { printRounds, type RateFigure, runRounds, type TimedVariant } from './paired-rounds';

/**
 * What verifying seven years of hourly anchors costs, next to the same requests issued bare: every page of the
 * version listing, then a GET of each with its checksum, through the same SDK and at the same concurrency.
 */
const SEVEN_YEARS = 61_320;
/** Of more anchors than this a round takes minutes, so that fewer are run. */
const MANY = 20_000;
const CONCURRENCY = 24;
const HOUR = 3_600;

const FIGURES: readonly RateFigure[] = [
  { faster: 'verify --anchors-only', slower: 'bare requests', bar: 1 / 1.25 },
];
const S3 = {
  bucket: 'anchors',
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
};

async function bare(endpoint: string, anchors: number): Promise<void> {
  const { bucket, ...rest } = S3;
  const client = new S3Client({
    ...rest,
    endpoint,
    forcePathStyle: true,
    credentials: { ...S3.credentials },
  });
  const addresses: { Key: string | undefined; VersionId: string | undefined }[] = [];
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (marker !== null) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'bench/', EncodingType: 'url', ...marker }),
    );
    for (const { Key, VersionId } of page.Versions ?? []) addresses.push({ Key, VersionId });
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : null;
  }
  let bytes = 0;
  await inParallel(addresses, CONCURRENCY, async ({ Key, VersionId }) => {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key, VersionId, ChecksumMode: 'ENABLED' }),
    );
    bytes += (await Body?.transformToByteArray())?.length ?? 0;
  });
  client.destroy();
  if (addresses.length !== anchors || bytes === 0) throw new Error(`read ${addresses.length} of ${anchors}`);
}

async function verify(endpoint: string, anchors: number, now: number): Promise<void> {
  const store = new S3AnchorStore({ ...S3, endpoint, credentials: { ...S3.credentials } });
  const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
  const verifier = new Verifier({
    store,
    clock: { ...systemClock, now: () => now * 1000 },
    policy: { chainId: 'bench', retentionDays, clockToleranceSeconds, intervalMinutes },
    database: null,
  });
  const { verdict, coverage, findings } = await verifier.verify({ kind: 'anchors-only' });
  store.close();
  if (verdict !== 'verified' || coverage.anchorsRead !== anchors) {
    throw new Error(
      `${verdict}, ${coverage.anchorsRead} of ${anchors} read: ${JSON.stringify(findings.slice(0, 3))}`,
    );
  }
}

export const USAGE = `npm run bench -- --only anchors [--anchors N] [--rounds N] [--json]

Measures verify --anchors-only against the same requests issued bare, on an S3 server of its own.

  --anchors  hourly anchors, 1 to ${SEVEN_YEARS} (default ${SEVEN_YEARS}: seven years)
  --rounds   rounds (default 5, and 2 above ${MANY} anchors)
  --json     one JSON document on standard output

Exit codes: 0 no bar missed, 1 a bar missed, 2 nothing measured.`;

export async function run(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const values = optionsFrom(args, {
    anchors: { type: 'string', default: String(SEVEN_YEARS) },
    rounds: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const items = integer('anchors', values.anchors, 1, SEVEN_YEARS);
  const rounds = integer('rounds', values.rounds ?? (items > MANY ? '2' : '5'), 1, MAX_ROUNDS);
  const last = Math.floor(Date.UTC(2030, 0, 1) / 1000 / HOUR) * HOUR;
  const register = join(__dirname, '../support/register-typescript.cjs');
  const server = spawn(
    process.execPath,
    ['-r', register, join(__dirname, 'anchor-server.ts'), String(items), String(last)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  cleanup.add(() => void server.kill());
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const endpoint = `http://127.0.0.1:${port.toString().trim()}`;
  const variants: TimedVariant[] = [
    { name: 'bare requests', items, run: () => bare(endpoint, items) },
    { name: 'verify --anchors-only', items, run: () => verify(endpoint, items, last + 60) },
  ];
  const say = (text: string): void => console.error(text);
  const result = await runRounds(variants, FIGURES, rounds, server.pid ?? 0, say);
  const machine = `${machineLine()}, ${items} anchors, ${CONCURRENCY} requests at a time`;
  const passed = printRounds(machine, result, values.json);
  console.error(`peak RSS of both together: ${(peakRss('self') / 1024 ** 2).toFixed(0)} MB`);
  return passed;
}
