// A stack of somebody else that imports constructs of this package. It runs in the repository, in a project with
// cdktf, and in one where cdktn stands behind the same names; the folder to write to is the first argument.
const { App, LocalBackend, TerraformStack } = require('cdktf');
const { AwsProvider } = require('@cdktf/provider-aws/lib/provider');
const { RandomProvider } = require('@cdktf/provider-random/lib/provider');
const { AnchorBucket, AnchorBucketGrants, AuditAnchoring } = require('cdktf-audit-anchor/constructs');

const app = new App({ outdir: process.argv[2] });

function stackOf(id) {
  const stack = new TerraformStack(app, id);
  // cdktf's own default holds the folder of the project.
  new LocalBackend(stack, { path: `${id}.tfstate` });
  return stack;
}

// One construct alone.
const one = stackOf('one-construct');
new AwsProvider(one, 'aws', { region: 'eu-central-1' });
new RandomProvider(one, 'random');
const bucket = new AnchorBucket(one, 'Anchors', { tags: { Team: 'platform' } });
new AnchorBucketGrants(one, 'Grants', { bucket }).write('Gateway', 'gateway', { chainIds: ['payments'] });

// The whole pattern.
const all = stackOf('whole-pattern');
new AwsProvider(all, 'aws', { region: 'eu-central-1' });
new AuditAnchoring(all, 'Audit', {
  environment: 'staging',
  bucketName: 'audit-anchors-staging-example',
  auditorAccountIds: ['444455556666'],
  auditorExternalId: 'agreed-between-two',
  replicaProvider: new AwsProvider(all, 'dr', { alias: 'dr', region: 'eu-west-1' }),
});

app.synth();
