/** A stack to check: settings of the synthesis, and the variables of Terraform. */
export interface Scenario {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
}

export const BUCKET = 'audit-anchors-check';
export const CHAIN = 'production';
export const RETENTION_DAYS = 400;
/** Roles that scenarios expect to exist. */
export const EXISTING_ROLES = ['gateway', 'custodian'];

/**
 * Names are given, since a random suffix would need a second provider. The account is moto's.
 */
const NAMED = { AUDIT_INFRA_ENVIRONMENT: 'check', AUDIT_INFRA_BUCKET_NAME: BUCKET };
const AUDITORS = { auditor_account_ids: '["444455556666"]', auditor_external_id: 'agreed-between-two' };

export const FULL: Scenario = {
  name: 'everything',
  settings: {
    ...NAMED,
    AUDIT_INFRA_ENABLE_REPLICATION: 'true',
    AUDIT_INFRA_CUSTODIAN_ROLE_NAME: 'custodian',
    AUDIT_INFRA_BREAK_GLASS_ROLE_ARN: 'arn:aws:iam::123456789012:role/break-glass',
    AUDIT_INFRA_EXPIRE_ANCHORS: 'true',
  },
  variables: {
    ...AUDITORS,
    chain_id: CHAIN,
    worm_retention_days: String(RETENTION_DAYS),
    tags: '{"Team":"audit"}',
  },
};

export const SCENARIOS: readonly Scenario[] = [
  { name: 'defaults', settings: NAMED, variables: {} },
  {
    name: 'existing gateway role',
    settings: { ...NAMED, AUDIT_INFRA_GATEWAY_ROLE_NAME: 'gateway' },
    variables: AUDITORS,
  },
  {
    name: 'keys of S3',
    settings: { ...NAMED, AUDIT_INFRA_ENCRYPTION: 's3', AUDIT_INFRA_ENABLE_REPLICATION: 'true' },
    variables: {},
  },
  { name: 'archive transitions', settings: { ...NAMED, AUDIT_INFRA_ARCHIVE_ANCHORS: 'true' }, variables: {} },
];

/** Values of variables that the full scenario has to refuse, and what it says then. */
export const REFUSED: readonly {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly words: RegExp;
}[] = [
  {
    name: 'auditors without an external id',
    variables: { auditor_external_id: '' },
    words: /An external id of at least 2 characters is required/,
  },
  {
    name: 'a replica in the region of its source',
    variables: { dr_region: 'us-east-1' },
    words: /The replica has to be in another region/,
  },
  {
    name: 'no retention',
    variables: { worm_retention_days: '0' },
    words: /worm_retention_days must be a whole number of days from 1/,
  },
];
