import { createHash } from 'node:crypto';
import { evaluate, textOf, type Value } from './expression';
import { policyDocumentJson } from './policy-document-json';

/** What a synthesised stack would find when it is applied. */
export interface Surroundings {
  readonly account: string;
  /** Region of the default provider. */
  readonly region: string;
  /** ARN of the role that runs Terraform. */
  readonly deployRoleArn: string;
  /** Values of variables; the others have their defaults. */
  readonly variables: Readonly<Record<string, Value>>;
}

type Block = { readonly [name: string]: Value };
interface TerraformJson {
  readonly provider: Readonly<Record<string, readonly Block[]>>;
  readonly variable?: Readonly<Record<string, { readonly default?: Value }>>;
  readonly locals?: Block;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly output?: Readonly<Record<string, { readonly value: Value }>>;
}

/** One instance of a resource: its evaluated configuration, and what AWS would add to it. */
export type Instance = Block;

/** A synthesised stack, with every expression in it evaluated as an apply in an empty account would. */
export class TerraformModule {
  private readonly json: TerraformJson;

  constructor(
    json: string,
    private readonly surroundings: Surroundings,
  ) {
    this.json = JSON.parse(json) as TerraformJson;
  }

  /** Every instance of a type of resource, by its name in the configuration. A count of 0 gives none. */
  instances(type: string): ReadonlyMap<string, Instance> {
    const names = Object.keys(this.json.resource[type] ?? {});
    return new Map(
      names.flatMap((name): [string, Instance][] => {
        const value = this.resource(type, name);
        const list = Array.isArray(value) ? (value as readonly Instance[]) : [value as Instance];
        return list.map((instance, at) => [list.length > 1 ? `${name}[${at}]` : name, instance]);
      }),
    );
  }

  /** The value of an output. */
  output(name: string): Value {
    const output = this.json.output?.[name];
    if (output === undefined) throw new Error(`there is no output "${name}"`);
    return evaluate(output.value, this.scope);
  }

  private readonly scope = (root: string): Value => {
    if (root === 'var') return lazily(this.json.variable ?? {}, (name) => this.variable(name));
    if (root === 'local') return lazily(this.json.locals ?? {}, (name) => this.local(name));
    if (root === 'data') {
      return lazily(this.json.data ?? {}, (type) =>
        lazily(this.json.data?.[type] ?? {}, (name) => this.data(type, name)),
      );
    }
    if (!(root in this.json.resource)) throw new Error(`nothing is called "${root}"`);
    return lazily(this.json.resource[root] ?? {}, (name) => this.resource(root, name));
  };

  private variable(name: string): Value {
    const value = this.surroundings.variables[name] ?? this.json.variable?.[name]?.default;
    if (value === undefined) throw new Error(`the variable "${name}" has no value`);
    return value;
  }

  private local(name: string): Value {
    const value = this.json.locals?.[name];
    if (value === undefined) throw new Error(`there is no local.${name}`);
    return evaluate(value, this.scope);
  }

  private resource(type: string, name: string): Value {
    const block = this.json.resource[type]?.[name];
    if (block === undefined) throw new Error(`there is no ${type}.${name}`);
    return this.counted(block, () => this.attributes(`${type}.${name}`, type, block));
  }

  private counted(block: Block, make: () => Instance): Value {
    if (block['count'] === undefined) return make();
    return Array.from({ length: Number(evaluate(block['count'], this.scope)) }, make);
  }

  private data(type: string, name: string): Value {
    const block = this.json.data?.[type]?.[name];
    if (block === undefined) throw new Error(`there is no data.${type}.${name}`);
    return this.counted(block, () => this.attributes(`data.${type}.${name}`, `data.${type}`, block));
  }

  /** The configuration, evaluated on first use, with what only AWS knows. */
  private attributes(address: string, type: string, block: Block): Instance {
    const region = this.regionOf(block['provider']);
    const configured = lazily(block, (name) => evaluate(block[name] as Value, this.scope));
    const known = this.known(address, type, configured, region);
    return lazily({ ...block, ...known }, (name) => known[name]?.() ?? (configured[name] as Value));
  }

  private known(
    address: string,
    type: string,
    configured: Block,
    region: string,
  ): Record<string, () => Value> {
    const { account, deployRoleArn } = this.surroundings;
    const text = (name: string): string => textOf(configured[name], `${address}.${name}`);
    const roleArn = () => `arn:aws:iam::${account}:role/${text('name')}`;
    const keyId = uuidOf(address);
    const arn = (service: string, resource: () => string) => () =>
      `arn:aws:${service}:${region}:${account}:${resource()}`;
    const family = arn('ecs', () => `task-definition/${text('family')}`);
    const table: Readonly<Record<string, Record<string, () => Value>>> = {
      aws_s3_bucket: { id: () => text('bucket'), arn: () => `arn:aws:s3:::${text('bucket')}` },
      aws_kms_key: { key_id: () => keyId, arn: arn('kms', () => `key/${keyId}`) },
      aws_iam_role: { id: () => text('name'), arn: roleArn },
      aws_ecs_cluster: { arn: arn('ecs', () => `cluster/${text('name')}`) },
      aws_ecs_task_definition: { arn: () => `${family()}:1`, arn_without_revision: family },
      aws_cloudwatch_log_group: { arn: arn('logs', () => `log-group:${text('name')}`) },
      aws_scheduler_schedule_group: { arn: arn('scheduler', () => `schedule-group/${text('name')}`) },
      aws_sqs_queue: {
        arn: arn('sqs', () => text('name')),
        url: () => `https://sqs.${region}.amazonaws.com/${account}/${text('name')}`,
      },
      aws_sns_topic: { arn: arn('sns', () => text('name')) },
      aws_security_group: { id: () => `sg-${keyId.replaceAll('-', '').slice(0, 17)}` },
      aws_sfn_state_machine: { arn: arn('states', () => `stateMachine:${text('name')}`) },
      aws_ecr_repository: {
        arn: arn('ecr', () => `repository/${text('name')}`),
        repository_url: () => `${account}.dkr.ecr.${region}.amazonaws.com/${text('name')}`,
      },
      random_id: { hex: () => keyId.slice(0, 8) },
      'data.aws_iam_role': { arn: roleArn },
      'data.aws_caller_identity': {
        account_id: () => account,
        arn: () => `arn:aws:sts::${account}:assumed-role/${deployRoleArn.split('/').at(-1) ?? ''}/session`,
      },
      'data.aws_iam_session_context': { issuer_arn: () => deployRoleArn },
      'data.aws_partition': { partition: () => 'aws', dns_suffix: () => 'amazonaws.com' },
      'data.aws_region': { id: () => region, name: () => region, region: () => region },
      'data.aws_iam_policy_document': {
        json: () => policyDocumentJson(address, evaluateAll(configured, Object.keys(this.blockAt(address)))),
      },
    };
    return { ...table[type], region: () => region };
  }

  private blockAt(address: string): Block {
    const [, type, name] = address.split('.');
    return this.json.data?.[type ?? '']?.[name ?? ''] ?? {};
  }

  private regionOf(provider: Value | undefined): string {
    if (provider === undefined) return this.surroundings.region;
    const alias = textOf(provider, 'provider').split('.')[1];
    const found = this.json.provider['aws']?.find((each) => each['alias'] === alias);
    if (found === undefined) throw new Error(`no provider has the alias "${alias ?? ''}"`);
    return textOf(evaluate(found['region'] ?? null, this.scope), 'region of a provider');
  }
}

/** An object whose members are made when they are read, so that only what is used has to be known. */
function lazily(names: object, make: (name: string) => Value): Block {
  const object = {};
  for (const name of Object.keys(names)) {
    Object.defineProperty(object, name, { enumerable: true, get: () => make(name) });
  }
  return object;
}

function evaluateAll(configured: Block, names: readonly string[]): Block {
  return Object.fromEntries(names.map((name) => [name, configured[name] as Value]));
}

/** A key id that is the same in every run. */
function uuidOf(address: string): string {
  const hex = createHash('sha256').update(address).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
