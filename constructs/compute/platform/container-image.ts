import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../../validation';

const TAG = /^[A-Za-z0-9_][\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** HOST/PATH, each without tag; Docker's own short names have no host. */
const REPOSITORY = /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
/** Ends of ECR's host names: AWS and GovCloud, China, the European Sovereign Cloud; of its own, and dual-stack. */
const ECR_DOMAINS = String.raw`amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.(?:com\.cn|eu)`;
const ECR = new RegExp(
  String.raw`^(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?:${ECR_DOMAINS})\/(?<name>.+)$`,
);

/** A tag that names one build. */
export const IMAGE_TAG: TextRule = {
  test: (tag) => TAG.test(tag) && tag !== 'latest',
  allowed: 'a tag of 1 to 128 letters, digits, "_", "." and "-" that is not "latest"',
};

/** An image that is the same tomorrow. */
export const IMAGE: TextRule = {
  test: (reference) => {
    const { repository, tag, digest } = parts(reference);
    if (!REPOSITORY.test(repository)) return false;
    if (digest !== undefined) return DIGEST.test(digest) && (tag === undefined || TAG.test(tag));
    return tag !== undefined && IMAGE_TAG.test(tag);
  },
  allowed:
    'REGISTRY/NAME:TAG with a tag other than "latest", or REGISTRY/NAME@sha256:DIGEST: what verified yesterday has to run today',
};

export const IMAGE_FIX = 'pin the image that "npm run image -- --push" has printed';

/** Which image the tasks run, and where it lies. */
export interface ImageOptions {
  /**
   * Image with a tag or digest, in any registry. `latest` is refused.
   *
   * @default - `imageTag` of a new ECR repository, `audit-anchor-ENVIRONMENT`
   */
  readonly image?: string;

  /**
   * Tag in the new repository. Make the repository first (`terraform apply -target`), push, then the rest.
   *
   * @default - `image` names it all
   */
  readonly imageTag?: string;

  /**
   * ARN of the ECR repository of `image`, which the tasks may then pull from.
   *
   * @default - read from `image` when that names ECR; needed only when `image` is a token, or in an isolated partition
   */
  readonly imageRepositoryArn?: string;

  /**
   * ARN of the KMS key of the new repository.
   *
   * @default - keys held by ECR (AES-256)
   */
  readonly repositoryKeyArn?: string;
}

/** Records an image that is missing, named twice, or not pinned. */
export function checkImage(check: PropCheck, { image, imageTag }: ImageOptions): void {
  check
    .rule((image === undefined) !== (imageTag === undefined), {
      prop: 'image',
      found: image === undefined ? 'absent, and so is "imageTag"' : `${quoted(image)}, and "imageTag" is set`,
      allowed: 'one of the two: an image, or the tag of one in the new repository',
      fix: 'set "image" to run an image that exists, or "imageTag" to have a repository made',
    })
    .text('image', image, IMAGE, IMAGE_FIX)
    .text('imageTag', imageTag, IMAGE_TAG, 'tag each build once, for example with version and commit');
}

/** ARN of the ECR repository that an image lies in; undefined for other registries and for tokens. */
export function ecrRepositoryArn(image: string, partition: string): string | undefined {
  if (isUnknownAtSynth(image)) return undefined;
  const { account, region, name } = ECR.exec(parts(image).repository)?.groups ?? {};
  return name && `arn:${partition}:ecr:${region}:${account}:repository/${name}`;
}

function parts(reference: string): {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
} {
  const [named = '', ...digests] = reference.split('@');
  // A colon before the last slash belongs to the port of the registry.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return {
    repository: colon < 0 ? named : named.slice(0, colon),
    tag: colon < 0 ? undefined : named.slice(colon + 1),
    digest: digests.length === 0 ? undefined : digests.join('@'),
  };
}
