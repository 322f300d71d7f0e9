/**
 * The test bench's end of a conversation with the DUT, one state machine per file. A connection knows what an unsaid
 * field means: it completes what an author sends and pins what an author expects. It proposes purely and changes only
 * by frames that were really sent or taken, from their decoded bytes (never from a template).
 *
 * Sequence numbers are the wire's inside and relative to each side's initial one in `view`, templates and facts.
 * One more kind of connection is one file here and one line in engine/steps/connection.ts.
 */
export {
  type Connection,
  type ConnectionFacts,
  type ConnectionOptions,
  type Endpoint,
  type Expected,
  findLayer,
  findTemplate,
  type Over,
  type Pins,
} from './connection';
export { TcpConnection, type TcpOption, type TcpOptions } from './tcp';
export { UdpConnection } from './udp';
