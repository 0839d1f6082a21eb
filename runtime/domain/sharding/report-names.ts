import { SHARD_NUMBERS } from '../../contract';
import { sha256Hex } from '../digests';

/** Names in a place of reports. */
export const PLAN_NAME = 'plan.json';
export const REPORT_NAME = 'report.json';

const REPORT = /^report(?:\.[0-9a-f]{16})?\.json$/;

/** Name of the partial report of a shard; in the order of their names shards are in the order of the chain. */
export function partName(number: number): string {
  return `part-${String(number).padStart(5, '0')}.json`;
}

/** Name of a document that is kept beside another one of that name, since nothing is written twice. */
export function besideName(name: string, text: string): string {
  return name.replace(/\.json$/, `.${sha256Hex(Buffer.from(text, 'utf8')).slice(0, 16)}.json`);
}

/** True for what a merge has to look at: the plan, the parts, and whatever else pretends to be one. */
export function isForMerge(name: string): boolean {
  return name.endsWith('.json') && name !== SHARD_NUMBERS && !REPORT.test(name);
}
