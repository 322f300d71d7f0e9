import { type FieldProblem, layerDescriptors, parseField, parseLayers } from '../codec';
import { oneOf } from '../fields';
import { nearestName } from './nearest';
import type { Mistake } from './problem';
import type { FrameMode } from './vocabulary';

/** References of the schema whose values the codec checks: it knows fields better than a schema can say. */
export const frameReference =
  /^#\/\$defs\/(?:layer_(send|expect)_([\w.]+?)(?:\/properties\/(\w+))?|(send|expect)Layers|tcpFlags|tcpOptions)$/;

/** Mistakes in a static frame, layer or field; expressions in it are left to the run. `path` is that of the value. */
export function frameMistakes(reference: string, value: unknown, path: readonly (string | number)[]): Mistake[] {
  const match = frameReference.exec(reference);
  if (match === null || isExpression(value)) return [];
  const [, layerMode, layer, field, framesMode] = match;
  if (framesMode !== undefined) return framesMistakes(value, framesMode as FrameMode, path);
  if (layer === undefined) {
    return fieldMistakes('tcp', reference.endsWith('tcpFlags') ? 'flags' : 'options', value, 'send', path);
  }
  const mode = layerMode as FrameMode;
  return field === undefined ? layerMistakes(layer, value, mode, path) : fieldMistakes(layer, field, value, mode, path);
}

const options = { isUnknown: isExpression };

/** Fields of TCP stand in a frame like layers do. */
const tcpFields = new Map(
  layerDescriptors.find(({ key }) => key === 'tcp')?.fields.map((field) => [field.key, field] as const),
);

/** ` (Sequence Number, RFC 9293 §3.1)` for a field of TCP, nothing for other words. */
export function fieldTitle(key: string): string {
  const field = tcpFields.get(key);
  return field === undefined ? '' : ` (${field.rfcName}, ${field.section})`;
}

const layerKeys: ReadonlySet<string> = new Set(layerDescriptors.map(({ key }) => key));

/** Flags, a map of layers and TCP's fields, or a list of layers. */
function framesMistakes(value: unknown, mode: FrameMode, path: readonly (string | number)[]): Mistake[] {
  if (typeof value === 'string') return fieldMistakes('tcp', 'flags', value, mode, path);
  if (!isMap(value)) {
    const { problems } = parseLayers(value, mode, options);
    return problems.map((problem) => mistakeOf(problem, path));
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    if (isExpression(inner)) return [];
    if (layerKeys.has(key) || key === 'net') return layerMistakes(key, inner, mode, [...path, key]);
    if (tcpFields.has(key)) return fieldMistakes('tcp', key, inner, mode, [...path, key]);
    const known = [...layerKeys, 'net', ...tcpFields.keys()];
    const nearest = nearestName(key, known);
    return {
      code: 'UNKNOWN_FIELD',
      message: `${key} is neither a layer nor a field of TCP`,
      path: [...path, key],
      at: 'key',
      expected: oneOf(known),
      got: key,
      fix: nearest === undefined ? undefined : `write ${nearest}${fieldTitle(nearest)}`,
    };
  });
}

function layerMistakes(layer: string, value: unknown, mode: FrameMode, path: readonly (string | number)[]): Mistake[] {
  if (layer === 'net') return netMistakes(value, mode, path);
  const { problems } = parseLayers({ [layer]: value }, mode, options);
  return problems.map((problem) => mistakeOf(problem, path.slice(0, -1)));
}

/** `net` is ip or ipv6, which only the test's family tells: its numbers are the same in both. */
function netMistakes(value: unknown, mode: FrameMode, path: readonly (string | number)[]): Mistake[] {
  if (!isMap(value)) return layerMistakes('ip', value, mode, path);
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'src' || key === 'dst') return [];
    return fieldMistakes('ip', key, inner, mode, [...path, key]);
  });
}

function fieldMistakes(
  layer: string,
  field: string,
  value: unknown,
  mode: FrameMode,
  path: readonly (string | number)[],
): Mistake[] {
  const { problems } = parseField(layer, field, value, mode, options);
  return problems.map((problem) => mistakeOf(problem, path));
}

function mistakeOf(problem: FieldProblem, path: readonly (string | number)[]): Mistake {
  const { code, expected, got, at } = problem;
  const full = [...path, ...problem.path];
  const nearest = code === 'UNKNOWN_LAYER' ? nearestName(got, layerKeys) : undefined;
  const fix = problem.fix ?? (nearest === undefined ? undefined : `write ${nearest}`);
  return { code, message: messageOf(problem, full), path: full, at, expected, got, fix };
}

function messageOf({ code, got, path: own }: FieldProblem, path: readonly (string | number)[]): string {
  const key = nameOf(path);
  const owner = nameOf(path.slice(0, -1));
  switch (code) {
    case 'UNKNOWN_LAYER':
      return `there is no layer "${key}"`;
    case 'UNKNOWN_FIELD':
      return own.length > 1 || layerKeys.has(owner)
        ? `layer ${owner} has no field "${key}"`
        : `${owner} has no field "${key}"`;
    case 'UNKNOWN_OPTION':
    case 'UNKNOWN_MATCHER':
      return `${owner} knows no "${got}"`;
    case 'UNKNOWN_CONSTANT':
      return `${key} does not know "${got}"`;
    case 'VALUE_TOO_LARGE':
      return `the value of ${key} is too large for its field`;
    case 'VALUE_TOO_SMALL':
      return `the value of ${key} is too small for its field`;
    case 'MATCHER_IN_SEND':
      return `${key} is sent, so it needs one value`;
    default:
      return `${key} does not take this value`;
  }
}

/** The last name of a path: an item of a list is called after its list. */
function nameOf(path: readonly (string | number)[]): string {
  const last = path[path.length - 1];
  return typeof last === 'number' ? `item ${last} of ${nameOf(path.slice(0, -1))}` : String(last);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isExpression(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('=');
}
