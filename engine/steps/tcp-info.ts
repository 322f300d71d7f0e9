import { mustCall } from './calls';
import type { StepDefinition } from './definition';
import { StepFailure } from './failure';
import { socketOf } from './things';
import { begin } from './timing';
import { valueDifferences } from './values';

/** The TCP_INFO of a socket. */
export const tcpInfo: StepDefinition = {
  verb: 'tcp_info',
  doc: 'Reads TCP_INFO of the socket (tcp(7)) and demands what is named of it.',
  example: '{ tcp_info: { tcpi_state: TCP_ESTABLISHED, tcpi_rto: { min: 200000 } } }',
  value: { $ref: '#/$defs/tcpInfo' },
  keys: { fd: { $ref: '#/$defs/fdRef' } },
  modifiers: ['as', 'after', 'soft'],
  needs: 'socket',
  makes: { kind: 'value' },
  *run(step, context) {
    yield* begin(step, context);
    const socket = socketOf(step.fd ?? 'sock', context);
    const { out } = yield* mustCall('getsockopt', { fd: socket.fd, option: 'TCP_INFO' }, context);
    if (step.as !== undefined) context.scope.set(step.as, { kind: 'value', value: out.value });
    const differences = valueDifferences(context.value(step.value), out.value, '', context);
    const first = differences[0];
    if (first === undefined) return;
    throw new StepFailure(`${first.path} is ${first.got}, expected ${first.expected}`, {
      code: 'TCP_INFO_DIFFERS',
      path: ['tcp_info', first.path],
      expected: first.expected,
      got: first.got,
      differences,
    });
  },
};
