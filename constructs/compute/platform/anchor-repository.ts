import { EcrLifecyclePolicy } from '@cdktf/provider-aws/lib/ecr-lifecycle-policy';
import { EcrRepository } from '@cdktf/provider-aws/lib/ecr-repository';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { type Tags, tagsFor } from '../../tags';

export interface AnchorRepositoryProps {
  readonly repositoryName: string;
  /** ARN of a KMS key; undefined for keys held by ECR. */
  readonly keyArn: string | undefined;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** Days after which a build without a tag is deleted: a push that was not finished, or the parts of an old index. */
const UNTAGGED_DAYS = 14;
/** Tagged builds that are kept, so that a deployment can be rolled back. */
const KEPT_BUILDS = 30;

/** Everything has to be in this order: ECR applies the rule of the lowest priority first. */
const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: `Delete untagged images after ${UNTAGGED_DAYS} days`,
      selection: {
        tagStatus: 'untagged',
        countType: 'sinceImagePushed',
        countUnit: 'days',
        countNumber: UNTAGGED_DAYS,
      },
      action: { type: 'expire' },
    },
    {
      rulePriority: 2,
      description: `Keep the newest ${KEPT_BUILDS} tagged images`,
      selection: {
        tagStatus: 'tagged',
        tagPatternList: ['*'],
        countType: 'imageCountMoreThan',
        countNumber: KEPT_BUILDS,
      },
      action: { type: 'expire' },
    },
  ],
};

/** Registry of the runtime's image: a tag is written once, and each push is scanned. */
export class AnchorRepository extends Construct {
  readonly resource: EcrRepository;

  constructor(
    scope: Construct,
    id: string,
    { repositoryName, keyArn, tags, provider }: AnchorRepositoryProps,
  ) {
    super(scope, id);
    this.resource = new EcrRepository(this, 'Resource', {
      provider,
      name: repositoryName,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [
        keyArn === undefined ? { encryptionType: 'AES256' } : { encryptionType: 'KMS', kmsKey: keyArn },
      ],
      tags: tagsFor(tags, repositoryName, 'Image of the audit anchor runtime'),
    });
    new EcrLifecyclePolicy(this, 'Lifecycle', {
      provider,
      repository: this.resource.name,
      policy: JSON.stringify(LIFECYCLE),
    });
  }

  get repositoryArn(): string {
    return this.resource.arn;
  }

  get repositoryUrl(): string {
    return this.resource.repositoryUrl;
  }

  /** The image of a tag. */
  imageOf(tag: string): string {
    return `${this.repositoryUrl}:${tag}`;
  }
}
