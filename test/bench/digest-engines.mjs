// Time per event of both digest engines, next to createHmac and createHash per event.
//
//     npm run build && node test/bench/digest-engines.mjs [--dist FOLDER] [--bytes 315] [--rounds 9]
//
// The variants run in turn in every round; a ratio is the median of the ratios within the rounds, so that load on
// the machine, which hits neighbours alike, cancels out.
import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: fileURLToPath(new URL('../../dist', import.meta.url)) },
    bytes: { type: 'string', default: '315' },
    rounds: { type: 'string', default: '9' },
  },
});
const MESSAGE_BYTES = Number(values.bytes);
const ROUNDS = Number(values.rounds);
/** What a read from the socket brings, which is what the verifier hashes at a time. */
const CHUNK_BYTES = 65_536;
const CHUNKS_PER_SAMPLE = 100;

const require = createRequire(import.meta.url);
const load = (name) => require(path.resolve(values.dist, 'runtime/adapters/digests', name));
const { createNodeCryptoEngine } = load('node-crypto-engine.js');
const { createWasmSimdEngine, wasmSimdSupported } = load('wasm-simd-engine.js');

/** One chunk of COPY tuples: field count, message, length word, event hash. Lengths spread by a third. */
function chunk() {
  const bytes = randomBytes(CHUNK_BYTES);
  const spread = Math.floor(MESSAGE_BYTES / 6);
  const tuples = [];
  for (let at = 2; ;) {
    const length = MESSAGE_BYTES - spread + Math.floor(Math.random() * (2 * spread + 1));
    if (at + length + 36 > bytes.length) break;
    tuples.push({ start: at, end: at + length });
    at += length + 38;
  }
  const column = (pick) => Int32Array.from(tuples, pick);
  return {
    bytes,
    count: tuples.length,
    messageStart: column((tuple) => tuple.start),
    messageEnd: column((tuple) => tuple.end),
    keySlot: column(() => 0),
  };
}

const key = randomBytes(32);
const keyObject = createSecretKey(key);
const batch = chunk();
const pairs = batch.count >> 1;
const out = Buffer.alloc(batch.count * 32);
const children = randomBytes(batch.count * 32);
const message = (tuple) => batch.bytes.subarray(batch.messageStart[tuple], batch.messageEnd[tuple]);
const digests = randomBytes(batch.count * 32);
const digestOf = (tuple) => digests.subarray(tuple * 32, tuple * 32 + 32);
const hashHeads = randomBytes(batch.count * 16);
const hashHeadOf = (tuple) => hashHeads.subarray(tuple * 16, tuple * 16 + 16);

const engines = [createNodeCryptoEngine([key])];
if (wasmSimdSupported()) engines.push(createWasmSimdEngine([key]));

function perEvent(count, digest) {
  return () => {
    for (let i = 0; i < count; i++) out.set(digest(i), i * 32);
  };
}

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const works = {
  digests: {
    events: batch.count,
    createHash: perEvent(batch.count, (i) => sha256(message(i))),
    engine: (engine) => () => engine.digests(batch, out),
  },
  macs: {
    events: batch.count,
    createHmac: perEvent(batch.count, (i) => createHmac('sha256', keyObject).update(digestOf(i)).digest()),
    engine: (engine) => () => engine.macs(digests, batch.keySlot, batch.count, out),
  },
  leaves: {
    events: batch.count,
    createHash: perEvent(batch.count, (i) => sha256(LEAF, digestOf(i), hashHeadOf(i))),
    engine: (engine) => () => engine.leaves(digests, hashHeads, batch.count, out),
  },
  nodes: {
    events: pairs,
    createHash: perEvent(pairs, (i) => sha256(NODE, children.subarray(i * 64, i * 64 + 64))),
    engine: (engine) => () => engine.nodes(children, pairs, out),
  },
};

function sample(run, events) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < CHUNKS_PER_SAMPLE; i++) run();
  return Number(process.hrtime.bigint() - begin) / (CHUNKS_PER_SAMPLE * events);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${ROUNDS} rounds`);
console.log(`${batch.count} events in ${CHUNK_BYTES} bytes, messages of ${MESSAGE_BYTES} bytes on average`);
for (const [work, { events, engine, ...baseline }] of Object.entries(works)) {
  const [[baselineName, baselineRun]] = Object.entries(baseline);
  const variants = [
    { name: baselineName, run: baselineRun, times: [] },
    ...engines.map((each) => ({ name: each.name, run: engine(each), times: [] })),
  ];
  for (const { run } of variants) sample(run, events);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, times } of variants) times.push(sample(run, events));
  }
  for (const { name, times } of variants) {
    const ratio = median(times.map((time, round) => variants[0].times[round] / time));
    const range = `${Math.min(...times).toFixed(0)}-${Math.max(...times).toFixed(0)}`;
    console.log(
      `${work.padEnd(17)}${name.padEnd(12)}` +
        `${median(times).toFixed(0).padStart(6)} ns/event  ${range.padStart(11)}  ${ratio.toFixed(2)}x`,
    );
  }
}
for (const engine of engines) engine.dispose();
