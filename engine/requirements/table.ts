import { parse } from 'yaml';

/** One rule of an RFC, as cases name it and reports show it. */
export interface Requirement {
  readonly rfc: number;
  readonly section: string;
  readonly level: 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY';
  /** What a conforming stack does. */
  readonly text: string;
}

/** The requirements by id, in the order of the table. */
export type RequirementTable = Readonly<Record<string, Requirement>>;

/** Text of requirement-table.json for the text of rfc-requirements.yaml: what reports need, quick to read. */
export function tableText(yaml: string): string {
  const entries = parse(yaml) as (Requirement & { id: string })[];
  const requirements = Object.fromEntries(
    entries.map(({ id, rfc, section, level, text }) => [id, { rfc, section, level, text }]),
  );
  const $comment = 'Written by "npm run generate" from rfc-requirements.yaml. Do not edit.';
  return `${JSON.stringify({ $comment, requirements }, undefined, 2)}\n`;
}
