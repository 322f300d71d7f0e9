import {
  FieldProblem,
  formatAuthored,
  isMap,
  Matcher,
  type Mode,
  oneOf,
  ParseContext,
  type ParseOptions,
  parseValue,
  suggestName,
} from '../fields';
import { layerDescriptors } from '../layers';
import type { CompiledLayer } from './compile';
import { findCompiledLayer, layerRank } from './compiled-layers';
import { describeCondition, isInHeader } from './condition';
import type { LayerTemplate } from './packet';

/**
 * Authored layers as templates: a map of layers (ordered here) or a list of maps with one layer each. Expressions have been
 * resolved (or are `isUnknown`); nulls count as not given. All problems are noted; the layers are those parts that had none.
 */
export function parseLayers(
  authored: unknown,
  mode: Mode,
  options: ParseOptions = {},
): { layers: LayerTemplate[]; problems: FieldProblem[] } {
  const context = new ParseContext(mode, options);
  const layers: LayerTemplate[] = [];
  if (Array.isArray(authored)) {
    for (const [index, item] of authored.entries()) {
      const place = context.at(index);
      if (typeof item === 'string' && findCompiledLayer(item) !== undefined) layers.push({ layer: item, fields: {} });
      else if (isMap(item) && Object.keys(item).length === 1) layers.push(...parseMap(item, place));
      else if (context.isUnknown?.(item)) continue;
      else place.wrong('WRONG_TYPE', 'a map with one layer', item);
    }
  } else if (isMap(authored)) {
    layers.push(...parseMap(authored, context));
    layers.sort((a, b) => layerRank(a.layer) - layerRank(b.layer));
  } else context.wrong('WRONG_TYPE', 'a map of layers, or a list of maps with one layer each', authored);
  return { layers, problems: context.problems };
}

/** One field's canonical value or matcher; undefined where there are problems. */
export function parseField(
  layerKey: string,
  fieldKey: string,
  authored: unknown,
  mode: Mode,
  options: ParseOptions = {},
): { value: unknown; problems: FieldProblem[] } {
  const context = new ParseContext(mode, options);
  const layer = findCompiledLayer(layerKey);
  if (layer === undefined) context.problems.push(unknownLayer(layerKey, context));
  const value = layer === undefined ? undefined : parseOneField(layer, fieldKey, authored, context);
  return { value, problems: context.problems };
}

function parseMap(map: Record<string, unknown>, context: ParseContext): LayerTemplate[] {
  const layers: LayerTemplate[] = [];
  for (const [key, authored] of Object.entries(map)) {
    const layer = findCompiledLayer(key);
    if (layer === undefined) context.problems.push(unknownLayer(key, context));
    else if (authored !== null && authored !== undefined) {
      const fields = parseFields(layer, authored, context.at(key));
      if (fields !== undefined) layers.push({ layer: key, fields });
    }
  }
  return layers;
}

function parseFields(
  layer: CompiledLayer,
  authored: unknown,
  context: ParseContext,
): Record<string, unknown> | undefined {
  const { shorthand } = layer.descriptor;
  if (shorthand !== undefined) {
    const isWhole = isMap(authored) && Object.keys(authored).some((key) => layer.fields.has(key));
    const value = parseOneField(
      layer,
      shorthand,
      isWhole ? authored[shorthand] : authored,
      isWhole ? context.at(shorthand) : context,
    );
    return value === undefined ? undefined : { [shorthand]: value };
  }
  if (context.isUnknown?.(authored)) return {};
  if (!isMap(authored)) return context.wrong('WRONG_TYPE', `a map with fields of ${layer.key}`, authored);
  const fields: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(authored)) {
    if (given === null || given === undefined) continue;
    const value = parseOneField(layer, key, given, context.at(key), context);
    if (value !== undefined) fields[key] = value;
  }
  return checkPresence(layer, fields, context) ? fields : undefined;
}

/** Notes fields that a header of this sort does not have: an ICMP echo has no MTU. */
function checkPresence(layer: CompiledLayer, fields: Record<string, unknown>, context: ParseContext): boolean {
  let isRight = true;
  for (const key of Object.keys(fields)) {
    const field = layer.fields.get(key);
    if (field?.when === undefined || fields[key] instanceof Matcher) continue;
    if (isInHeader(layer, field, fields, context.mode === 'send') !== false) continue;
    const of = layer.fields.get(field.when.field);
    const got = `${field.when.field} ${of?.kind.format(fields[field.when.field] ?? of.default ?? 0, fields)}`;
    context.at(key).wrong('NOT_IN_THIS_MESSAGE', describeCondition(layer, field.when), got);
    isRight = false;
  }
  return isRight;
}

function parseOneField(
  layer: CompiledLayer,
  key: string,
  authored: unknown,
  context: ParseContext,
  parent = context,
): unknown {
  const field = layer.fields.get(key);
  if (field !== undefined) return parseValue(field.kind, authored, context);
  const known = [...layer.fields.keys()];
  const near = suggestField(layer, key, known);
  return parent.wrongKey('UNKNOWN_FIELD', key, oneOf(known), near);
}

/** Suggests by key and, for those who know the RFC's name of a field, by that. */
function suggestField(layer: CompiledLayer, key: string, known: readonly string[]): string | undefined {
  const words = key.replaceAll('_', ' ').toLowerCase();
  for (const { key: candidate, rfcName, section } of layer.fields.values()) {
    const name = rfcName.toLowerCase();
    if (name === words || (words.length > 2 && name.startsWith(words)))
      return `write ${candidate} (${rfcName}, ${section})`;
  }
  const suggestion = suggestName(key, known);
  const field = layer.fields.get(suggestion?.replace(/^write /, '') ?? '');
  return field === undefined ? suggestion : `${suggestion} (${field.rfcName}, ${field.section})`;
}

function unknownLayer(key: string, context: ParseContext): FieldProblem {
  const known = layerDescriptors.map((descriptor) => descriptor.key);
  return new FieldProblem(
    'UNKNOWN_LAYER',
    [...context.path, key],
    oneOf(known),
    formatAuthored(key),
    suggestName(key, known),
    'key',
  );
}
