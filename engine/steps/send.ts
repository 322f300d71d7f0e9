import { encode, type LayerTemplate } from '../codec';
import type { ConnectionThing, Running, StepContext } from './context';
import type { CheckedStep, StepDefinition } from './definition';
import { checkFrame, frameKeys, frameOf, prepareFrame } from './frames';
import { connectionOf } from './things';
import { begin, frameEvent } from './timing';

/** Puts a frame on the test link. */
export const send: StepDefinition = {
  verb: 'send',
  doc: 'Sends one frame. On a TCP connection the value may be the flags, with fields beside it; a map gives layers over the connection’s own stack; a list is an explicit stack, outermost first. What is not given is defaulted; what is given goes out as it is, also when it is wrong.',
  example: '{ send: PSH-ACK, payload: hello }',
  value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/sendLayers' }] },
  keys: frameKeys('send'),
  modifiers: ['as', 'on', 'after', 'since', 'track', 'soft'],
  needs: (step) => (Array.isArray(step.send) || isWhole(step.send) ? undefined : 'connection'),
  makes: { kind: 'frame' },
  check: (step) => checkFrame(step, 'send', 'send'),
  prepare: (step) => prepareFrame(step, 'send', 'send'),
  *run(step, context) {
    const thing = step.on === undefined ? undefined : connectionOf(step.on, context);
    const frame = frameOf(step, 'send', thing?.connection.over ?? context.over ?? 'ipv4', context);
    yield* begin(step, context);
    const { connection } = thing ?? {};
    const bytes =
      frame.bytes ??
      encode(
        frame.isExplicit || connection === undefined
          ? explicitStack(frame.layers, context)
          : connection.outgoing(frame.layers),
      );
    yield* sendBytes(bytes, frame.isExplicit ? undefined : thing, step, context);
  },
};

/** Sends bytes, tells the connection and the clock, and names the frame. */
// biome-ignore lint/correctness/useYield: part of a step, so a generator as all are
export function* sendBytes(
  bytes: Buffer,
  thing: ConnectionThing | undefined,
  step: CheckedStep,
  context: StepContext,
): Running {
  const planned = step.keys.after === undefined ? undefined : context.clock.planned;
  const sent = context.wire.send(bytes, step.where, thing?.connection);
  thing?.connection.sent(sent.packet, context.value(step.keys.track ?? true) !== false);
  frameEvent(context, sent.time);
  if (planned !== undefined) context.clock.planned = planned;
  if (step.as !== undefined) context.scope.set(step.as, { kind: 'frame', frame: sent, connection: thing?.connection });
}

/** An explicit stack with the lab's addresses where the author gives none, and an Ethernet header where it has none. */
export function explicitStack(layers: readonly LayerTemplate[], context: StepContext): readonly LayerTemplate[] {
  const addressed = layers.map((layer) => withLabAddresses(layer, context));
  return layers[0]?.layer === 'eth'
    ? addressed
    : [withLabAddresses({ layer: 'eth', fields: {} }, context), ...addressed];
}

function withLabAddresses(template: LayerTemplate, context: StepContext): LayerTemplate {
  const { layer, fields } = template;
  const defaults = layer === 'eth' || layer === 'ip' || layer === 'ipv6' ? context.canonical[layer] : undefined;
  return defaults === undefined ? template : { ...template, fields: { ...defaults, ...fields } };
}

function isWhole(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'frame' in value;
}
