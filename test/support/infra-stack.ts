import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { TerraformOutput, TerraformStack, Testing } from 'cdktf';
import { ConstructError, type PropFault } from '../../constructs/errors';
import { AuditAnchorStack } from '../../constructs/stack/audit-anchor-stack';
import { readSettings, type StackSettings } from '../../constructs/stack/settings';

/** A block of the synthesised JSON. */
export type Block = Record<string, unknown>;

/** The synthesised JSON of a stack, as far as tests look into it. */
export interface Synthesised {
  readonly resource: Record<string, Record<string, Block>>;
  readonly data: Record<string, Record<string, Block>>;
  readonly provider: Record<string, Block[]>;
  readonly variable?: Record<string, Block>;
  readonly output?: Record<string, Block>;
  readonly terraform?: Block;
}

/** A statement of an `aws_iam_policy_document`, with every member present. */
export interface Statement {
  sid: string;
  effect: string;
  actions: string[];
  resources: string[];
  principals: { type: string; identifiers: string[] | string }[];
  condition: { test: string; variable: string; values: string[] }[];
}

const outdir = mkdtempSync(join(tmpdir(), 'audit-anchor-synth-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** A stack of somebody else, with the providers that constructs need. */
export function foreignStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app({ outdir }), 'foreign');
  new AwsProvider(stack, 'aws', { region: 'eu-central-1' });
  new RandomProvider(stack, 'random');
  return stack;
}

export function drProvider(stack: TerraformStack): AwsProvider {
  return new AwsProvider(stack, 'dr', { alias: 'dr', region: 'eu-west-1' });
}

/** Our own stack; settings are given as in the cdktf context. */
export function anchorStack(context: Record<string, unknown> = {}): AuditAnchorStack {
  return new AuditAnchorStack(Testing.app({ outdir }), settingsOf(context));
}

export function settingsOf(context: Record<string, unknown> = {}): StackSettings {
  const [settings] = readSettings({ environment: 'production', ...context }, {});
  if (!settings) throw new Error('no settings');
  return settings;
}

export function synthesise(stack: TerraformStack): Synthesised {
  return JSON.parse(Testing.synth(stack, true)) as Synthesised;
}

/** What a value becomes in the synthesised JSON of a stack. */
export function synthesised(stack: TerraformStack, value: unknown): unknown {
  const id = `value${stack.node.children.length}`;
  new TerraformOutput(stack, id, { value, staticId: true });
  return synthesise(stack).output?.[id]?.value;
}

/** The only resource of a type, or the one whose address contains `part`. */
export function resource(json: Synthesised, type: string, part = ''): Block {
  const found = Object.entries(json.resource[type] ?? {}).filter(([name]) => name.includes(part));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} resources ${type} with "${part}"`);
  return only[1];
}

/** Statements of a policy document, by sid. */
export function statements(json: Synthesised, document: DataAwsIamPolicyDocument): Map<string, Statement> {
  const block = json.data.aws_iam_policy_document?.[document.friendlyUniqueId];
  const list = (block?.statement ?? []) as Statement[];
  return new Map(list.map((statement) => [statement.sid, statement]));
}

/** The faults that building something reports; none of them is an answer too. */
export function faultsOf(build: () => unknown): readonly PropFault[] {
  try {
    build();
  } catch (error) {
    if (error instanceof ConstructError) return error.faults;
    throw error;
  }
  return [];
}

export function errorOf(build: () => unknown): ConstructError {
  try {
    build();
  } catch (error) {
    if (error instanceof ConstructError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
