import type { Condition, FieldDescriptor } from '../layers';
import type { CompiledLayer } from './compile';

/**
 * Whether a layer with these fields has an optional field: `undefined` where nobody can tell, for the field that it depends
 * on is neither set to a number nor has one by default. In what is expected nothing has a default.
 */
export function isInHeader(
  layer: CompiledLayer,
  field: FieldDescriptor,
  fields: Readonly<Record<string, unknown>>,
  usesDefaults: boolean,
): boolean | undefined {
  const { when } = field;
  if (when === undefined) return true;
  const unset = usesDefaults ? (layer.fields.get(when.field)?.default ?? 0) : undefined;
  const value = fields[when.field] ?? unset;
  return typeof value === 'number' ? holds(when, value) : undefined;
}

/** `dest_unreachable, time_exceeded` for the values of the field it depends on with which there is an optional field. */
export function describeCondition(layer: CompiledLayer, when: Condition): string {
  const kind = layer.fields.get(when.field)?.kind;
  const names = (numbers: readonly number[]) =>
    numbers.map((number) => kind?.format(number) ?? String(number)).join(', ');
  if ('mask' in when) return `${layer.key} with ${names([when.mask])} in ${when.field}`;
  return `${layer.key} of ${when.field} ${'in' in when ? names(when.in) : `other than ${names(when.notIn)}`}`;
}

function holds(when: Condition, value: number): boolean {
  if ('mask' in when) return (value & when.mask) !== 0;
  return 'in' in when ? when.in.includes(value) : !when.notIn.includes(value);
}
