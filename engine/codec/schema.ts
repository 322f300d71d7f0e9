import { type ExpressionType, type JsonSchema, type Mode, matcherSchema } from '../fields';
import { type FieldDescriptor, type LayerDescriptor, layerDescriptors } from '../layers';
import { compiledLayer } from './compiled-layers';

/** A field's doc with its RFC name, section and unit, as schema and reference show it. */
export function describeField(field: FieldDescriptor): string {
  const unit = field.unit === undefined ? '' : ` Unit: ${field.unit}.`;
  return `${field.rfcName} (${field.section}). ${field.doc}${unit}`;
}

/** A layer's doc with its name and document. */
export function describeProtocol(descriptor: LayerDescriptor): string {
  return `${descriptor.name} (${descriptor.spec}). ${descriptor.doc}`;
}

/** Schema of one layer: a closed map of its fields, or what may stand in its place. Expressions are `#/$defs/expression`. */
export function layerSchema(key: string, mode: Mode): JsonSchema {
  const { descriptor } = compiledLayer(key);
  const properties = Object.fromEntries(
    descriptor.fields.map((field) => [field.key, fieldSchema(key, field.key, mode)]),
  );
  const map = { type: 'object', properties, additionalProperties: false };
  const description = describeProtocol(descriptor);
  if (descriptor.shorthand === undefined) return { ...map, description };
  return { ...fieldSchema(key, descriptor.shorthand, mode), description };
}

/** Schema of one field's value. */
export function fieldSchema(layerKey: string, fieldKey: string, mode: Mode): JsonSchema {
  const field = compiledLayer(layerKey).fields.get(fieldKey);
  if (field === undefined) throw new Error(`layer ${layerKey} has no field ${fieldKey}`);
  const matchers = mode === 'expect' ? [{ enum: ['present', 'absent'] }, matcherSchema(field.kind)] : [];
  return {
    description: describeField(field),
    anyOf: [field.kind.schema(mode), ...matchers, { $ref: '#/$defs/expression' }],
  };
}

/** The type of every field in expressions, by layer and field. */
export function expressionSchema(): Record<string, Record<string, ExpressionType>> {
  return Object.fromEntries(
    layerDescriptors.map(({ key, fields }) => [
      key,
      Object.fromEntries(fields.map((field) => [field.key, field.kind.expressionType])),
    ]),
  );
}
