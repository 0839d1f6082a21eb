import { readFileSync } from 'node:fs';
import path from 'node:path';
import { IMAGE } from '../../runtime/contract';
import type { Stage } from './dockerfile';
import { assignments, readDockerfile, texts } from './dockerfile';

const ROOT = path.resolve(__dirname, '../..');

let build: Stage;
let image: Stage;
beforeAll(() => {
  const stages = readDockerfile();
  expect(stages).toHaveLength(2);
  [build, image] = stages as [Stage, Stage];
});

test('bases: named versions, and one without a shell for what is shipped', () => {
  expect(build.base).toBe('node:24-trixie-slim');
  expect(image.base).toBe('gcr.io/distroless/nodejs24-debian13:nonroot');
  for (const { base } of [build, image]) expect(base).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
});

test('the bundle is made once, on the platform that builds; the image is of the platform that is asked for', () => {
  expect(build.platform).toBe('$BUILDPLATFORM');
  expect(image.platform).toBeNull();
  // A RUN in there would need an emulator for the other platform.
  expect(texts(image, 'RUN')).toEqual([]);
});

test('the entry point is what task definitions rely on', () => {
  expect(texts(image, 'ENTRYPOINT')).toEqual([
    JSON.stringify([IMAGE.node, IMAGE.program]).replace(',', ', '),
  ]);
  expect(texts(image, 'CMD')).toEqual([]);
});

test('no instruction has a shell', () => {
  const commands = [build, image].flatMap((stage) =>
    ['RUN', 'CMD', 'ENTRYPOINT', 'SHELL'].flatMap((name) => texts(stage, name)),
  );
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const words: unknown = JSON.parse(command.replace(/^(?:--\S+\s+)*/, ''));
    expect(words).toEqual(expect.arrayContaining([expect.any(String)]));
    expect((words as string[])[0]).not.toMatch(/(?:^|\/)(?:sh|bash|dash)$/);
  }
});

test('it runs as the user of the contract, given by number', () => {
  expect(texts(image, 'USER')).toEqual([`${IMAGE.user}:${IMAGE.user}`]);
});

test('dependencies are installed from the lock file, without their scripts', () => {
  expect(texts(build, 'RUN')[0]).toContain('["npm", "ci", "--ignore-scripts"');
  expect(texts(build, 'RUN')[0]).not.toContain('--omit');
});

test('Node.js trusts the certificates of RDS, which come from AWS or from the build context', () => {
  const [source = ''] = texts(image, 'ARG').filter((text) => text.startsWith('RDS_CERTIFICATES='));
  expect(source).toBe('RDS_CERTIFICATES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem');
  expect(texts(image, 'ADD')).toEqual([`--chmod=0444 \${RDS_CERTIFICATES} ${IMAGE.rdsCertificates}`]);
  expect(assignments(image, 'ENV')).toEqual({
    NODE_ENV: 'production',
    NODE_EXTRA_CA_CERTS: IMAGE.rdsCertificates,
  });
});

test('besides the certificates it holds the program, its notices and the licence, readable by everybody', () => {
  const copied = texts(image, 'COPY').map((text) => text.split(' '));
  expect(copied.map((words) => words[words.length - 1])).toEqual([
    '/app/LICENSE',
    '/app/THIRD-PARTY-NOTICES.txt',
    IMAGE.program,
  ]);
  for (const words of copied) expect(words).toContain('--chmod=0444');
});

test('labels say what it was built from', () => {
  const labels = assignments(image, 'LABEL');
  const { license } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    license: string;
  };
  expect(labels).toMatchObject({
    'org.opencontainers.image.licenses': license,
    'org.opencontainers.image.version': '${VERSION}',
    'org.opencontainers.image.revision': '${REVISION}',
    'org.opencontainers.image.created': '${CREATED}',
    'org.opencontainers.image.source': '${SOURCE}',
  });
  const used = Object.values(labels).flatMap((value) => /^\$\{(\w+)\}$/.exec(value)?.[1] ?? []);
  expect(texts(image, 'ARG')).toEqual(expect.arrayContaining(used));
});

test('the platform asks for health, not Docker', () => {
  expect(texts(image, 'HEALTHCHECK')).toEqual(['NONE']);
});
