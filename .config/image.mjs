/** Builds the image of runtime/Dockerfile for every platform and pushes it, under a tag that is used once. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const DOCKERFILE = 'runtime/Dockerfile';
const PLATFORMS = ['linux/arm64', 'linux/amd64'];
const HELP = `Usage: npm run image -- --push REPO[:TAG] [options]

Builds the image of ${DOCKERFILE} for every platform and pushes it, under a tag that is used once.

  --push REPO[:TAG]        repository to push to (default of TAG: version and revision)
  --platform LIST          ${PLATFORMS.join(' and ')}, separated by a comma (default: both)
  --build-arg NAME=VALUE   for the Dockerfile, such as BASE_IMAGE=...; may be given more than once
  --dry-run                print the command instead of running it
  -h, --help               show this

Exit codes: 0 pushed, 2 the arguments have to change, 3 nothing was pushed because Docker is not here or failed.
`;

const REPOSITORY = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const BUILD_ARG = /^([A-Z][A-Z0-9_]*)=/;
/** Set from package.json and Git; a caller's value would only contradict them. */
const OWN_ARGS = ['VERSION', 'REVISION', 'CREATED'];

/** The arguments have to change. */
class UsageError extends Error {}
/** Nothing is wrong with the arguments, but it cannot be done here. */
class Skipped extends Error {}
/** Docker began, and did not come to an end. */
class Failed extends Error {}

function parse(argv) {
  const options = {
    push: { type: 'string' },
    platform: { type: 'string', default: PLATFORMS.join(',') },
    'build-arg': { type: 'string', multiple: true, default: [] },
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Repository and tag, the tag null when none is given. The colon of a port is none of a tag. */
function splitReference(reference) {
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  const [repository, tag] =
    colon < 0 ? [reference, null] : [reference.slice(0, colon), reference.slice(colon + 1)];
  if (!REPOSITORY.test(repository)) {
    throw new UsageError(
      `--push: found ${JSON.stringify(reference)}, allowed REPO or REPO:TAG in lower case, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/audit-anchor`,
    );
  }
  if (tag === 'latest') {
    throw new UsageError(
      '--push: found the tag "latest", allowed a tag that names one image for good; leave it out for version and revision',
    );
  }
  if (tag !== null && !TAG.test(tag)) {
    throw new UsageError(
      `--push: found the tag ${JSON.stringify(tag)}, allowed up to 128 letters, digits, "_", "." and "-"`,
    );
  }
  return { repository, tag };
}

function checkPlatforms(list) {
  const platforms = list.split(',');
  const wrong = platforms.filter((platform) => !PLATFORMS.includes(platform));
  if (wrong.length > 0) {
    throw new UsageError(
      `--platform: found ${wrong.map((name) => JSON.stringify(name)).join(', ')}, allowed ${PLATFORMS.join(' and ')}, separated by a comma`,
    );
  }
  return [...new Set(platforms)].join(',');
}

function checkBuildArgs(args) {
  for (const arg of args) {
    const [, name] = BUILD_ARG.exec(arg) ?? [];
    // The value is not shown: somebody may put a secret there, where it does not belong.
    if (name === undefined) throw new UsageError('--build-arg: allowed NAME=VALUE, with NAME in upper case');
    if (OWN_ARGS.includes(name)) {
      throw new UsageError(`--build-arg: found ${name}, which is taken from package.json and Git`);
    }
  }
  return args;
}

/** Output of Git; null where there is no Git or no repository. */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Version, revision and time of what is built. */
function describeSources() {
  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const revision = git('rev-parse', 'HEAD');
  const changed = revision !== null && git('status', '--porcelain') !== '';
  const created = git('show', '-s', '--format=%cI', 'HEAD') ?? new Date().toISOString();
  return { version, revision, changed, created };
}

function defaultTag({ version, revision, changed }) {
  if (revision === null) {
    throw new UsageError('--push: found no tag and no Git revision to make one of, allowed REPO:TAG');
  }
  if (changed) {
    throw new UsageError(
      '--push: found no tag and changes that are not committed, which no revision names; commit them or give REPO:TAG',
    );
  }
  return `${version}-${revision.slice(0, 12)}`;
}

/** What to run: the reference that is pushed, and the arguments of `docker`. */
function plan(values) {
  if (values.push === undefined) {
    throw new UsageError('--push: found nothing, allowed the repository to push to: --push REPO[:TAG]');
  }
  const { repository, tag } = splitReference(values.push);
  const platforms = checkPlatforms(values.platform);
  const buildArgs = checkBuildArgs(values['build-arg']);
  const sources = describeSources();
  const reference = `${repository}:${tag ?? defaultTag(sources)}`;
  const revision = sources.revision === null ? '' : `${sources.revision}${sources.changed ? '-changed' : ''}`;
  const own = [`VERSION=${sources.version}`, `REVISION=${revision}`, `CREATED=${sources.created}`];
  const command = [
    ...['buildx', 'build', '--file', DOCKERFILE, '--platform', platforms],
    ...[...own, ...buildArgs].flatMap((arg) => ['--build-arg', arg]),
    ...['--provenance=true', '--tag', reference, '--push', '.'],
  ];
  return { reference, command, dryRun: values['dry-run'] };
}

function docker(args, stdio = 'pipe') {
  const { error, status, stdout, stderr } = spawnSync('docker', args, { cwd: ROOT, encoding: 'utf8', stdio });
  if (error?.code === 'ENOENT') throw new Skipped('found no docker on the PATH');
  return {
    ok: status === 0,
    status,
    out: (stdout ?? '').trim(),
    problem: (stderr ?? '').trim().split('\n')[0],
  };
}

/** Says what is missing before a build of minutes does. */
function requireBuilder() {
  if (!docker(['buildx', 'version']).ok) {
    throw new Skipped('found docker without its buildx plugin, which builds for several platforms');
  }
  const { ok, problem } = docker(['buildx', 'inspect', '--bootstrap']);
  if (!ok) throw new Skipped(`no builder of docker buildx answers (${problem})`);
}

function build({ reference, command }) {
  requireBuilder();
  // Registries can be told to refuse this (ECR: immutable tags); not every one was.
  if (docker(['buildx', 'imagetools', 'inspect', reference]).ok) {
    throw new UsageError(
      `--push: found ${reference} in the registry already; a tag names one image for good`,
    );
  }
  const { ok, status } = docker(command, 'inherit');
  if (!ok) throw new Failed(`no image was pushed: docker buildx build failed with exit code ${status}`);
  const { out } = docker(['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', reference]);
  process.stdout.write(`pushed ${reference}${out === '' ? '' : `@${out}`}\n`);
}

function shellQuoted(word) {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

try {
  const values = parse(process.argv.slice(2));
  const planned = values.help ? null : plan(values);
  if (planned === null) process.stdout.write(HELP);
  else if (planned.dryRun)
    process.stdout.write(`${['docker', ...planned.command].map(shellQuoted).join(' ')}\n`);
  else build(planned);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\n  See npm run image -- --help\n`);
    process.exitCode = 2;
  } else if (error instanceof Failed) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 3;
  } else if (error instanceof Skipped) {
    process.stderr.write(`SKIPPED, no image was pushed: ${error.message}\n`);
    process.exitCode = 3;
  } else {
    throw error;
  }
}
