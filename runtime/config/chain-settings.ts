import { quoted, shown } from '../config-faults';
import { DEFAULTS, ENV } from '../contract';
import { CHAIN_ID_RULE, isChainId } from '../contract/chain-id';
import {
  type AllowedRelation,
  CHAIN_SETTINGS,
  type ChainFault,
  type ChainSetting,
  columnNamesOf,
  columnsOf,
  layoutFaults,
  tableFaults,
  type Wording,
} from '../contract/chain-settings';
import { linksLayout, v1Layout, type ChainLayout } from '../domain/chain/columns';
import type { SettingReader } from './setting-reader';

const WORDING: Wording = {
  quoted,
  name: (setting) => ENV[setting],
  set: (setting, value) => `${ENV[setting]}=${value}`,
};

/** The settings of the table and its columns, without those that are absent. */
function chainTexts(reader: SettingReader): Partial<Record<ChainSetting, string>> {
  const texts: Partial<Record<ChainSetting, string>> = {};
  for (const setting of CHAIN_SETTINGS) {
    const text = reader.text(ENV[setting]);
    if (text !== null) texts[setting] = text;
  }
  return texts;
}

/** Records faults by the names of the environment; returns how many there were. */
function record(reader: SettingReader, faults: readonly ChainFault[]): number {
  for (const { setting, found, allowed } of faults) reader.fault(ENV[setting], shown(found), shown(allowed));
  return faults.length;
}

/** Chain id, which is also the first part of every object key; null after a fault. */
export function readChainId(reader: SettingReader): string | null {
  const chainId = reader.required(ENV.chainId, `a name for this chain: ${CHAIN_ID_RULE}`);
  if (chainId === null || isChainId(chainId)) return chainId;
  return reader.fault(ENV.chainId, quoted(chainId), CHAIN_ID_RULE);
}

/** The table, which may be written `schema.table`. */
export function readTable(reader: SettingReader): {
  readonly table: string;
  readonly schema: string | null;
  readonly relation: AllowedRelation;
} {
  const texts = chainTexts(reader);
  record(reader, tableFaults(texts, WORDING));
  const text = texts.eventsTable ?? DEFAULTS.eventsTable;
  const parts = text.split('.');
  const [prefix] = parts.length === 2 ? parts : [];
  return {
    table: parts.at(-1) ?? text,
    schema: prefix ?? texts.eventsSchema ?? null,
    relation: texts.eventsRelation === 'view' ? 'view' : 'table',
  };
}

/** The columns that make the chain; null after a fault. */
export function readLayout(reader: SettingReader): ChainLayout | null {
  const texts = chainTexts(reader);
  if (record(reader, layoutFaults(texts, WORDING)) > 0) return null;
  const { chainFormat = 'v1' } = texts;
  const names = columnNamesOf(texts);
  if (chainFormat !== 'v1') return linksLayout(names, texts.eventsColumns ?? null);
  return v1Layout(columnsOf(texts).columns, names);
}
