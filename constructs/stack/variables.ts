import { Fn, Op, TerraformLocal, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { DEFAULTS, LIMITS } from '../../runtime/contract';
import { MAX_CHAIN_ID_BYTES } from '../../runtime/contract/chain-id';
import { longestAlarmedChainId } from '../monitoring/anchor-alarms-props';
import type { StackSettings } from './settings';
import { TerraformVariable } from './terraform-variable';

const ACCOUNT = '^[0-9]{12}$';
const REGION = '^[a-z]{2,}(-[a-z]+)+-[0-9]+$';
const ROLE = '^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$';

/**
 * The Terraform variables of the stack: what can change without another graph of resources. Their names are
 * a public contract. `environment` and `enable_replication` shape the graph; they are declared too, so that a
 * tfvars file that names them is accepted when it agrees with the synthesised stack and refused when not.
 */
export class AnchorVariables {
  readonly wormRetentionDays: number;
  readonly verifyRetentionDays: number;
  readonly drRegion: string;
  readonly awsRegion: string;
  readonly auditorAccountIds: string[];
  readonly auditorExternalId: string;
  readonly chainId: string;
  readonly deployRoleArn: string;
  readonly alarmSnsTopicArns: string[];
  readonly tags: Record<string, string>;

  constructor(stack: Construct, settings: StackSettings) {
    const { environment, enableReplication } = settings;
    decidedAtSynth(stack, 'environment', 'Environment name', 'string', environment);
    decidedAtSynth(stack, 'enable_replication', 'Enable cross-region replication', 'bool', enableReplication);
    this.wormRetentionDays = declareRetention(stack).numberValue;
    this.verifyRetentionDays = declareVerifyRetention(stack, this.wormRetentionDays);
    this.drRegion = new TerraformVariable(stack, 'dr_region', {
      description: 'DR region for replication',
      type: 'string',
      default: 'us-west-2',
      nullable: false,
      validation: [
        matches('dr_region', REGION, 'dr_region must be the name of an AWS region, for example us-west-2.'),
      ],
    }).stringValue;
    this.awsRegion = declareRegion(stack);
    this.auditorAccountIds = new TerraformVariable(stack, 'auditor_account_ids', {
      description: 'AWS account IDs allowed to assume verifier role',
      type: 'list(string)',
      default: [],
      nullable: false,
      validation: [
        {
          condition: `\${alltrue([for id in var.auditor_account_ids : can(regex("${ACCOUNT}", id))])}`,
          errorMessage:
            'auditor_account_ids must be AWS account ids of 12 digits. Quote them to keep leading zeros.',
        },
      ],
    }).listValue;
    this.auditorExternalId = new TerraformVariable(stack, 'auditor_external_id', {
      description: 'External id that auditors present; required when auditor_account_ids is not empty',
      type: 'string',
      default: '',
      nullable: false,
      validation: [
        matches(
          'auditor_external_id',
          '^([A-Za-z0-9_+=,.@:/-]{2,1000})?$',
          'auditor_external_id must have 2 to 1,000 letters, digits or _+=,.@:/- characters.',
        ),
      ],
    }).stringValue;
    this.chainId = declareChainId(stack, settings).stringValue;
    this.deployRoleArn = new TerraformVariable(stack, 'deploy_role_arn', {
      description:
        'The only principal that may change the buckets afterwards; empty for the one that runs Terraform',
      type: 'string',
      default: '',
      nullable: false,
      validation: [
        {
          condition: `\${var.deploy_role_arn == "" || can(regex("${ROLE}", var.deploy_role_arn))}`,
          errorMessage: 'deploy_role_arn must be empty or the ARN of an IAM role or user, not of a session.',
        },
      ],
    }).stringValue;
    this.alarmSnsTopicArns = declareAlarmTopics(stack).listValue;
    this.tags = Token.asStringMap(
      new TerraformVariable(stack, 'tags', {
        description: 'Tags of every resource',
        type: 'map(string)',
        default: {},
        nullable: false,
        validation: [
          {
            condition:
              '${length(var.tags) <= 48 && alltrue([for k in keys(var.tags) : !startswith(k, "aws:")])}',
            errorMessage:
              'tags may have up to 48 entries (Name and Purpose are added), none beginning with aws:.',
          },
        ],
      }).value,
    );
  }
}

/** Declares a variable that may only repeat what was decided at synth. */
function decidedAtSynth(
  stack: Construct,
  name: string,
  description: string,
  type: string,
  value: string | boolean,
): void {
  new TerraformVariable(stack, name, {
    description: `${description}; decided when the stack is synthesised`,
    type,
    default: value,
    nullable: false,
    validation: [
      {
        condition: `\${var.${name} == ${JSON.stringify(value)}}`,
        errorMessage: `This stack was synthesised with ${name} = ${value}. Set AUDIT_INFRA_${name.toUpperCase()} and synthesise again instead of passing the variable.`,
      },
    ],
  });
}

/** Empty means null, for which the provider looks at its own sources; cdktf cannot write a null default. */
function declareRegion(stack: Construct): string {
  new TerraformVariable(stack, 'aws_region', {
    description: 'Region of the anchor bucket; empty takes it from AWS_REGION or the profile',
    type: 'string',
    default: '',
    nullable: false,
    validation: [
      {
        condition: `\${var.aws_region == "" || can(regex("${REGION}", var.aws_region))}`,
        errorMessage: 'aws_region must be empty or the name of an AWS region, for example us-east-1.',
      },
    ],
  });
  // Spelt out: cdktf's operators write an empty string as `undefined`.
  return '${var.aws_region == "" ? null : var.aws_region}';
}

function declareRetention(stack: Construct): TerraformVariable {
  const { min, max } = LIMITS.retentionDays;
  return new TerraformVariable(stack, 'worm_retention_days', {
    description: 'Object Lock retention period in days',
    type: 'number',
    default: DEFAULTS.retentionDays,
    nullable: false,
    validation: [
      {
        condition: `\${var.worm_retention_days >= ${min} && var.worm_retention_days <= ${max} && floor(var.worm_retention_days) == var.worm_retention_days}`,
        errorMessage: `worm_retention_days must be a whole number of days from ${min} to ${max} (100 years). It can be lengthened later, never shortened for anchors that exist.`,
      },
    ],
  });
}

/** 0 stands for `worm_retention_days`: cdktf writes no default that is null. */
function declareVerifyRetention(stack: Construct, wormRetentionDays: number): number {
  const { max } = LIMITS.retentionDays;
  const { numberValue: days } = new TerraformVariable(stack, 'verify_retention_days', {
    description: 'Days of lock that the verifier demands of every anchor; 0 for worm_retention_days',
    type: 'number',
    default: 0,
    nullable: false,
    validation: [
      {
        condition: `\${var.verify_retention_days >= 0 && var.verify_retention_days <= ${max} && floor(var.verify_retention_days) == var.verify_retention_days}`,
        errorMessage: `verify_retention_days must be a whole number of days from 1 to worm_retention_days, or 0 for worm_retention_days. Once that was lengthened, give what it was before: anchors that exist keep their locks.`,
      },
    ],
  });
  // Not "equals 0": cdktf's operators write 0 as `undefined`.
  const demanded: unknown = Fn.conditional(Op.lt(days, 1), wormRetentionDays, days);
  // A local, since cdktf nests conditions without brackets.
  return new TerraformLocal(stack, 'verify_retention', demanded).asNumber;
}

/** Alarms of the chain, which has some where tasks or a gateway with metrics anchor it, carry its id in their names. */
function declareChainId(
  stack: Construct,
  { environment, alarms, compute, gatewayEmitsMetrics }: StackSettings,
): TerraformVariable {
  const named = alarms && (compute !== undefined || gatewayEmitsMetrics);
  const longest = named ? longestAlarmedChainId(environment) : MAX_CHAIN_ID_BYTES;
  const because = named ? ': it is part of the names of alarms, which have at most 255' : '';
  const wayOut = named && compute === undefined ? '; or synthesise with gateway_emits_metrics false' : '';
  return new TerraformVariable(stack, 'chain_id', {
    description: 'Chain the writer may write: AUDIT_ANCHOR_CHAIN_ID of the gateway',
    type: 'string',
    default: environment,
    nullable: false,
    validation: [
      {
        condition:
          '${can(regex("^[A-Za-z0-9.-][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*$", var.chain_id)) && !anytrue([for part in split("/", var.chain_id) : contains([".", ".."], part)])}',
        errorMessage:
          'chain_id must be letters, digits, ".", "_" or "-" in parts joined by "/", no part being "." or "..", the first not beginning with "_".',
      },
      {
        condition: `\${length(var.chain_id) <= ${longest}}`,
        errorMessage: `chain_id must have at most ${longest} characters${because}${wayOut}.`,
      },
    ],
  });
}

function declareAlarmTopics(stack: Construct): TerraformVariable {
  return new TerraformVariable(stack, 'alarm_sns_topic_arns', {
    description: 'SNS topics that alarms notify; a topic is made when there are none',
    type: 'list(string)',
    default: [],
    nullable: false,
    validation: [
      {
        condition:
          '${alltrue([for arn in var.alarm_sns_topic_arns : can(regex("^arn:aws[a-z-]*:sns:", arn))])}',
        errorMessage: 'alarm_sns_topic_arns must be ARNs of SNS topics.',
      },
    ],
  });
}

function matches(name: string, pattern: string, errorMessage: string) {
  return { condition: `\${can(regex("${pattern}", var.${name}))}`, errorMessage };
}

/** The named deploy role, or the principal that runs Terraform; `coalesce` passes over an empty name. */
export function deployRoleOr(named: string, current: string): string {
  return Token.asString(Fn.coalesce([named, current]));
}
