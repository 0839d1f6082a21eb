import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The vectors of an independent implementation of the formats. */
export interface Vectors {
  readonly chain_id: string;
  readonly column_spec: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly chain_keys: Readonly<Record<string, string>>;
  readonly events: readonly VectorEvent[];
  readonly anchors: readonly VectorAnchor[];
}

export interface VectorEvent {
  readonly chain_index: number;
  readonly occurred_at: string;
  readonly actor: string;
  readonly action: string;
  readonly resource: string | null;
  readonly outcome: string;
  readonly details: string | null;
  readonly salt: string | null;
  readonly key_id: string;
  readonly prev_hash: string;
  readonly message: string;
  readonly digest: string;
  readonly event_hash: string;
  readonly leaf: string;
}

export interface VectorAnchor {
  readonly key: string;
  readonly body: string;
  readonly sha256: string;
  readonly proofs: readonly {
    readonly seq: number;
    readonly leaf: string;
    readonly path: readonly string[];
  }[];
}

export const vectors = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/chain-v1.json'), 'utf8'),
) as Vectors;

/** Vectors of tables that are not chains of version 1. */
export interface TableVectors {
  readonly chain_id: string;
  readonly columns: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly chain_keys: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly values: Readonly<Record<string, unknown>>;
    readonly index: number;
    readonly message: string;
    readonly digest: string;
    readonly event_hash: string;
    readonly leaf: string;
  }[];
  readonly anchors: readonly { readonly key: string; readonly body: string; readonly sha256: string }[];
}

export const tableVectors = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/tables-v1.json'), 'utf8'),
) as Readonly<Record<'rows' | 'links', TableVectors>>;
