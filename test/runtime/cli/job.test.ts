import { jobOf } from '../../../runtime/cli/job';

test.each([
  ['anchor', { kind: 'anchoring' }],
  ['anchor --force', { kind: 'anchoring' }],
  ['--quiet run', { kind: 'anchoring' }],
  ['verify', { kind: 'verification', scope: 'full' }],
  ['verify --full', { kind: 'verification', scope: 'full' }],
  ['verify --latest', { kind: 'verification', scope: 'latest' }],
  ['--quiet verify --anchors-only', { kind: 'verification', scope: 'anchors-only' }],
  ['verify --from 1', { kind: 'verification', scope: 'range' }],
  ['verify --from=1 --to=2', { kind: 'verification', scope: 'range' }],
  ['verify --since-last --state f', { kind: 'verification', scope: 'since-last' }],
  ['verify --merge parts', { kind: 'verification', scope: 'full' }],
  ['verify --plan 4', null],
  ['verify --shard=plan.json --number 2', null],
  ['verify --latest --full', { kind: 'verification', scope: null }],
  ['verify --fromage', { kind: 'verification', scope: 'full' }],
  ['status', null],
  ['health', null],
  ['hold on verify', null],
  ['', null],
])('audit-anchor %s', (line, job) => {
  expect(jobOf(line.split(' ').filter(Boolean))).toEqual(job);
});
