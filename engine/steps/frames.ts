import { type LayerTemplate, layerDescriptors, layerSchema, parseLayers } from '../codec';
import { findTemplate, type Over } from '../connections';
import type { StepContext } from './context';
import type { CheckedStep, JsonSchema, Modifier, RawStep, StepProblem, Template } from './definition';
import { CaseError } from './failure';

/** Whether a frame is to be sent or expected: matchers stand only in expectations. */
export type FrameMode = 'send' | 'expect';

/** Keys of a step that are no part of its frame. */
const STEP_KEYS: ReadonlySet<string> = new Set<Modifier | string>([
  'as',
  'on',
  'after',
  'at',
  'within',
  'since',
  'for',
  'track',
  'soft',
  'patience',
  'tolerance',
  'must',
  'arrives',
  'segments',
]);

/** Fields of the `net` layer and their names in ip and ipv6 (design/language.md §2 rule 4). */
const NET_FIELDS: Readonly<Record<string, { readonly ip: string; readonly ipv6: string }>> = {
  src: { ip: 'src', ipv6: 'src' },
  dst: { ip: 'dst', ipv6: 'dst' },
  ttl: { ip: 'ttl', ipv6: 'hlim' },
  dscp: { ip: 'dscp', ipv6: 'dscp' },
  ecn: { ip: 'ecn', ipv6: 'ecn' },
};

/** A frame as a step gives it, before addresses and numbers are filled in. */
export interface AuthoredFrame {
  readonly layers: readonly LayerTemplate[];
  /** An explicit stack: nothing comes from a connection but what the author says. */
  readonly isExplicit: boolean;
  /** `send: { frame: =f }`: bytes that go out as they are. */
  readonly bytes?: Buffer;
}

const parsedStatic = new WeakMap<object, Map<string, AuthoredFrame>>();

/** Parses a step's frame ahead when nothing of it depends on the run. */
export function prepareFrame(step: CheckedStep, verb: string, mode: FrameMode, over: Over = 'ipv4'): void {
  const authored = authoredOf(step.value, step.keys);
  if (isStatic(authored)) remember(step, `${verb}/${over}`, parseFrame(authored, mode, over, verb));
}

/** The frame of a step: the flat form (`send: ACK, ack: 1`), a map of layers, or a list of layers. */
export function frameOf(step: CheckedStep, mode: FrameMode, over: Over, context: StepContext): AuthoredFrame {
  const key = `${step.verb}/${over}`;
  const known = parsedStatic.get(step)?.get(key);
  if (known !== undefined) return known;
  const authored = authoredOf(step.value, step.keys);
  const fixed = isStatic(authored);
  const frame = parseFrame(fixed ? authored : context.value(authored), mode, over, step.verb, context);
  // A random payload is drawn anew each time.
  if (fixed && !hasRandom(authored)) remember(step, key, frame);
  return frame;
}

/** Layers given under a key of a step, such as `must:` or `synack:`; TCP fields may stand flat there too. */
export function layersOf(
  template: Template,
  mode: FrameMode,
  over: Over,
  path: readonly (string | number)[],
  context: StepContext,
): readonly LayerTemplate[] {
  return parseFrame(flatToLayers(context.value(template)), mode, over, path, context).layers;
}

/** Flat TCP fields beside the verb, merged with the layers that stand there or in the verb's value. */
function authoredOf(value: unknown, keys: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value;
  const beside: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(keys)) if (!STEP_KEYS.has(key)) beside[key] = given;
  if (typeof value === 'string') return flatToLayers({ flags: value, ...beside });
  return flatToLayers({ ...(value as object | null), ...beside });
}

/** Moves keys that are fields of TCP into the layer `tcp`. */
function flatToLayers(authored: unknown): unknown {
  if (typeof authored === 'string') return { tcp: { flags: authored } };
  if (authored === null || typeof authored !== 'object' || Array.isArray(authored)) return authored ?? {};
  const layers: Record<string, unknown> = {};
  const tcp: Record<string, unknown> = {};
  let hasFlat = false;
  for (const [key, value] of Object.entries(authored)) {
    if (isTcpField(key) && !isLayer(key)) {
      tcp[key] = value;
      hasFlat = true;
    } else layers[key] = value;
  }
  if (!hasFlat) return layers;
  const { payload, ...others } = layers;
  const nested = others.tcp as object | undefined;
  const merged: Record<string, unknown> = { ...others, tcp: { ...nested, ...tcp } };
  if (payload !== undefined) merged.payload = payload;
  return merged;
}

function parseFrame(
  authored: unknown,
  mode: FrameMode,
  over: Over,
  at: string | readonly (string | number)[],
  context?: StepContext,
): AuthoredFrame {
  if (typeof authored === 'object' && authored !== null && 'frame' in authored) {
    const { frame } = authored as { frame: unknown };
    return { layers: [], isExplicit: true, bytes: frameBytes(frame) };
  }
  const { layers, problems } = parseLayers(
    renameNet(authored, over),
    mode,
    context === undefined ? undefined : { random: context.randomBytes },
  );
  const problem = problems[0];
  if (problem !== undefined) {
    const path = typeof at === 'string' ? [at] : at;
    throw new CaseError(`${problem.path.join('.')}: not a value that this field takes`, {
      code: problem.code,
      path: [...path, ...problem.path],
      expected: problem.expected,
      got: problem.got,
      fix: problem.fix,
    });
  }
  return { layers, isExplicit: Array.isArray(authored) };
}

/** `net` as the connection's own network layer. */
function renameNet(authored: unknown, over: Over): unknown {
  if (Array.isArray(authored)) return authored.map((layer) => renameNet(layer, over));
  if (typeof authored !== 'object' || authored === null || !('net' in authored)) return authored;
  const network = over === 'ipv6' ? 'ipv6' : 'ip';
  const { net, ...others } = authored as Record<string, unknown>;
  const fields: Record<string, unknown> = { ...(others[network] as object | undefined) };
  for (const [key, value] of Object.entries((net ?? {}) as object)) fields[NET_FIELDS[key]?.[network] ?? key] = value;
  const renamed: Record<string, unknown> = {};
  if (others.eth !== undefined) renamed.eth = others.eth;
  renamed[network] = fields;
  return { ...renamed, ...others, [network]: fields };
}

function frameBytes(frame: unknown): Buffer {
  if (frame instanceof Uint8Array) return Buffer.from(frame);
  const bytes = (frame as { bytes?: unknown } | undefined)?.bytes;
  if (bytes instanceof Uint8Array) return Buffer.from(bytes);
  throw new CaseError('frame: is not a frame', {
    code: 'WRONG_TYPE',
    path: ['frame'],
    expected: 'the name of a frame in an expression',
    got: String(frame),
  });
}

function remember(step: object, key: string, frame: AuthoredFrame): void {
  const known = parsedStatic.get(step) ?? new Map<string, AuthoredFrame>();
  known.set(key, frame);
  parsedStatic.set(step, known);
}

/** Whether a template holds no expression. Expressions are the only class instances in templates. */
export function isStatic(template: unknown): boolean {
  if (typeof template !== 'object' || template === null) return true;
  if (Array.isArray(template)) return template.every(isStatic);
  const prototype: unknown = Object.getPrototypeOf(template);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(template).every(isStatic);
}

function hasRandom(authored: unknown): boolean {
  if (typeof authored !== 'object' || authored === null) return false;
  return Object.entries(authored).some(([key, value]) => key === 'random' || hasRandom(value));
}

let tcpFields: ReadonlySet<string> | undefined;
let layerKeys: ReadonlySet<string> | undefined;

function isTcpField(key: string): boolean {
  tcpFields ??= new Set([
    ...Object.keys((layerSchema('tcp', 'send').properties ?? {}) as object),
    'seq_raw',
    'ack_raw',
    'window_size',
  ]);
  return tcpFields.has(key);
}

function isLayer(key: string): boolean {
  layerKeys ??= new Set([...layerDescriptors.map((descriptor) => descriptor.key), 'net', 'frame']);
  return layerKeys.has(key);
}

/** Schemas of the keys that stand beside a frame verb: TCP's fields, `net`, and every layer. */
export function frameKeys(mode: FrameMode): Record<string, JsonSchema> {
  const keys: Record<string, JsonSchema> = {};
  const tcp = (layerSchema('tcp', mode).properties ?? {}) as Record<string, JsonSchema>;
  for (const [key, schema] of Object.entries(tcp)) if (key !== 'flags') keys[key] = schema;
  for (const descriptor of layerDescriptors) keys[descriptor.key] = { $ref: `#/$defs/layer_${mode}_${descriptor.key}` };
  keys.net = { $ref: `#/$defs/layer_${mode}_net` };
  return keys;
}

/** Static problems of a frame step: those of its fields, found before anything runs. */
export function checkFrame(step: RawStep, verb: string, mode: FrameMode): readonly StepProblem[] {
  const { [verb]: value, ...keys } = step;
  const authored = authoredOf(value, keys);
  if (typeof authored === 'object' && authored !== null && 'frame' in authored) return [];
  const { problems } = parseLayers(renameNet(authored, 'ipv4'), mode, { isUnknown: isExpressionText });
  return problems.map((problem) => {
    const [layer, field, ...rest] = problem.path;
    const isBeside = field !== undefined && layer === 'tcp' && String(field) in keys;
    const isFlags = layer === 'tcp' && field === 'flags' && typeof value === 'string';
    const isLayerBeside = layer !== undefined && String(layer) in keys;
    const path = isFlags
      ? [verb]
      : isBeside
        ? [String(field), ...rest]
        : isLayerBeside
          ? [...problem.path]
          : [verb, ...problem.path];
    return {
      code: problem.code,
      message: `${problem.path.join('.')}: ${problem.code === 'UNKNOWN_FIELD' ? 'no such field' : 'not a value that this field takes'}`,
      path,
      expected: problem.expected,
      got: problem.got,
      fix: problem.fix,
    };
  });
}

/** Whether only the run can tell an authored value. */
function isExpressionText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('=');
}

/** The flags of an authored TCP segment, where they are a plain number. */
export function flagsOf(layers: readonly LayerTemplate[]): number | undefined {
  const flags = findTemplate(layers, 'tcp')?.fields.flags;
  return typeof flags === 'number' ? flags : undefined;
}
