import { ENV } from '../contract';
import type { Column, ColumnNames, ColumnType } from '../domain/chain/columns';
import type { ConfigFault } from '../errors';

interface Role {
  readonly role: keyof ColumnNames;
  readonly setting: string;
  readonly types: readonly ColumnType[];
}

const LISTED_ROLES: readonly Role[] = [
  { role: 'index', setting: ENV.indexColumn, types: ['int8', 'int4', 'int2'] },
  { role: 'prevHash', setting: ENV.prevHashColumn, types: ['bytea'] },
  { role: 'keyId', setting: ENV.keyIdColumn, types: ['text', 'varchar'] },
];

/**
 * What keeps a column list from being a version 1 layout, one fault per chain column and under its own
 * setting; `v1Layout` stops at the first.
 */
export function chainColumnFaults(columns: readonly Column[], names: ColumnNames): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const { role, setting, types } of LISTED_ROLES) {
    const name = names[role];
    if (name === null) continue;
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) {
      faults.push({
        setting,
        found: `column "${name}", which ${ENV.eventsColumns} does not list`,
        allowed: `a listed column of type ${types.join(', ')}; add ${name}:${types[0] ?? ''} to the list or name another column`,
      });
    } else if (!types.includes(column.type)) {
      faults.push({
        setting,
        found: `column "${name}" of type ${column.type}`,
        allowed: `a column of type ${types.join(', ')}`,
      });
    }
  }
  if (columns.some(({ name }) => name === names.hash)) {
    faults.push({
      setting: ENV.hashColumn,
      found: `column "${names.hash}", which ${ENV.eventsColumns} lists`,
      allowed: 'a column outside of the list, because a hash cannot cover itself; remove it from the list',
    });
  }
  return faults;
}
