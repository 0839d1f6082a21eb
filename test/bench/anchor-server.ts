import { DEFAULT_COLUMN_LIST } from '../../runtime/domain/chain/columns';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULTS } from '../../runtime/contract';
import type { Anchor } from '../../runtime/domain/anchor/anchor';
import { anchorHash, anchorMetadata, formatAnchorTime } from '../../runtime/domain/anchor/anchor';
import { serializeAnchor } from '../../runtime/domain/anchor/anchor-body';
import { anchorKey } from '../../runtime/domain/anchor/object-key';
import { ZERO_HASH } from '../../runtime/domain/digests';

/**
 * Answers the requests of a verifier from memory, as S3 words them: a process of its own for the bench, so that
 * what the client does is not waited for by the server. Arguments: number of hourly anchors, seconds of the last.
 * Prints its port. Nothing but reading is known here, and nobody is refused.
 */
const PAGE = 1_000;
const HOUR = 3_600;
const BUCKET = 'anchors';
const CHAIN = 'bench';

interface Stored {
  readonly key: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function store(anchor: Anchor, seconds: number): Stored {
  const body = serializeAnchor(anchor);
  const sha256 = anchorHash(body);
  const metadata = Object.entries(anchorMetadata(anchor)).map(([name, value]) => [
    `x-amz-meta-${name}`,
    value,
  ]);
  const retainUntil = new Date((seconds + DEFAULTS.retentionDays * 86_400) * 1000).toISOString();
  return {
    key: anchorKey(CHAIN, seconds),
    body,
    headers: {
      'content-length': String(body.length),
      'content-type': 'application/json',
      etag: `"${sha256.slice(0, 32)}"`,
      'last-modified': new Date(seconds * 1000).toUTCString(),
      'x-amz-version-id': `v${anchor.anchor_seq}`,
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': retainUntil,
      'x-amz-server-side-encryption': 'AES256',
      ...Object.fromEntries(metadata),
    },
  };
}

function hourly(count: number, last: number): Stored[] {
  const stored: Stored[] = [];
  let previous = ZERO_HASH;
  for (let seq = 1; seq <= count; seq += 1) {
    const seconds = last - (count - seq) * HOUR;
    const object = store(
      {
        chain_id: CHAIN,
        last_seq: seq * 100,
        last_hash: digest(`event ${seq * 100}`),
        ts_utc: formatAnchorTime(seconds),
        db_snapshot_lsn: `0/${(seq * 4096).toString(16).toUpperCase()}`,
        prev_anchor_hash: previous,
        format: 1,
        anchor_seq: seq,
        first_seq: (seq - 1) * 100 + 1,
        events: 100,
        merkle_root: digest(`root ${seq}`),
        faults: 0,
        chain_format: 'v1',
        columns: DEFAULT_COLUMN_LIST,
        key_id: 'k1',
        trigger: 'interval',
        db_system_id: '7300000000000000001',
        db_timeline: 1,
        leaves_sha256: null,
        declared: null,
      },
      seconds,
    );
    stored.push(object);
    previous = anchorHash(object.body);
  }
  return stored;
}

function listingPage(stored: readonly Stored[], from: number): string {
  const entries = stored.slice(from, from + PAGE);
  const truncated = from + PAGE < stored.length;
  const last = entries[entries.length - 1];
  const versions = entries.map(
    ({ key, body, headers }) =>
      `<Version><Key>${key}</Key><VersionId>${headers['x-amz-version-id']}</VersionId><IsLatest>true</IsLatest>` +
      `<LastModified>${new Date(headers['last-modified'] ?? '').toISOString()}</LastModified>` +
      `<ETag>&quot;${headers.etag?.slice(1, -1)}&quot;</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Version>`,
  );
  const next = truncated
    ? `<NextKeyMarker>${last?.key}</NextKeyMarker><NextVersionIdMarker>${last?.headers['x-amz-version-id']}</NextVersionIdMarker>`
    : '';
  return (
    '<?xml version="1.0" encoding="UTF-8"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${BUCKET}</Name><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${next}${versions.join('')}` +
    '</ListVersionsResult>'
  );
}

const VERSIONING =
  '<?xml version="1.0"?><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
const LOCK =
  '<?xml version="1.0"?><ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>' +
  `<Mode>COMPLIANCE</Mode><Days>${DEFAULTS.retentionDays}</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;

function serve(stored: readonly Stored[]): void {
  const byKey = new Map(stored.map((object, at) => [object.key, { object, at }]));
  const pages = new Map<number, string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const key = decodeURIComponent(url.pathname).slice(BUCKET.length + 2);
    const found = byKey.get(key);
    if (key !== '') {
      response.writeHead(found ? 200 : 404, found?.object.headers);
      response.end(request.method === 'HEAD' ? undefined : found?.object.body);
    } else if (url.searchParams.has('versions')) {
      const from = (byKey.get(url.searchParams.get('key-marker') ?? '')?.at ?? -1) + 1;
      const page = pages.get(from) ?? listingPage(stored, from);
      pages.set(from, page);
      response.writeHead(200, { 'content-type': 'application/xml' }).end(page);
    } else {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(url.searchParams.has('versioning') ? VERSIONING : LOCK);
    }
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

const [count = '', last = ''] = process.argv.slice(2);
serve(hourly(Number(count), Number(last)));
