/** A project of somebody else: what it depends on beside this package. */
export interface Project {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const WITH_CDKTF: Project = {
  name: 'cdktf',
  dependencies: {
    cdktf: '0.21.0',
    constructs: '10.4.2',
    '@cdktf/provider-aws': '21.22.1',
    '@cdktf/provider-random': '12.0.1',
  },
};

/** The successor of cdktf under the names that this package imports. */
export const WITH_CDKTN: Project = {
  name: 'cdktn',
  dependencies: {
    cdktf: 'npm:cdktn@0.24.0',
    cdktn: '0.24.0',
    constructs: '10.7.2',
    '@cdktf/provider-aws': 'npm:@cdktn/provider-aws@25.7.0',
    '@cdktf/provider-random': 'npm:@cdktn/provider-random@15.0.1',
  },
};

/** What `cdktf init` gives a TypeScript project. */
export const TYPED_STACK = `import { Construct } from 'constructs';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { AnchorBucket, AnchorEncryption, ObjectLockRetention } from 'cdktf-audit-anchor/constructs';
import type { AnchorBucketProps } from 'cdktf-audit-anchor/constructs';

class Stack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, 'aws', { region: 'eu-central-1' });
    const props: AnchorBucketProps = {
      bucketName: 'anchors-of-a-typed-stack',
      retention: ObjectLockRetention.complianceDays(400),
      encryption: AnchorEncryption.s3Managed(),
    };
    const arn: string = new AnchorBucket(this, 'Anchors', props).bucketArn;
    new TerraformOutput(this, 'arn', { value: arn });
  }
}

new Stack(new App(), 'typed');
`;
/** For the versions of Node that this package supports. */
export const TYPESCRIPT = '5.9.3';
/** By the file that a compiler is told about it in. */
export const COMPILERS: Readonly<Record<string, object>> = {
  // The template of cdktf says nothing about module resolution, which then is the oldest one.
  'tsconfig.template.json': { module: 'CommonJS', target: 'ES2018', lib: ['es2018'] },
  'tsconfig.node16.json': { module: 'node16', moduleResolution: 'node16', target: 'ES2022' },
};
