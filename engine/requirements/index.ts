/**
 * The requirement table: the rules of RFCs that cases check, each with an id that never changes.
 *
 * rfc-requirements.yaml is the source, written by hand; a case names ids of it, the check refuses unknown ones, and
 * reports trace them and quote their sentences. requirement-table.json is generated from it, because reading the YAML
 * takes far longer than running a case; it is loaded when the first id is looked up.
 *
 * One more requirement: an entry at the end of its RFC, and `npm run generate`.
 */
import type table from './requirement-table.json';
import type { Requirement, RequirementTable } from './table';

export type { Requirement, RequirementTable };

let loaded: RequirementTable | undefined;

/** All requirements by id. */
export function requirements(): RequirementTable {
  loaded ??= (require('./requirement-table.json') as typeof table).requirements as RequirementTable;
  return loaded;
}

/** The requirement of that id. */
export function requirement(id: string): Requirement | undefined {
  const table = requirements();
  return Object.hasOwn(table, id) ? table[id] : undefined;
}
