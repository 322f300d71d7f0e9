import {
  accept,
  accept4,
  bind,
  clockRealtime,
  close,
  connect,
  constants,
  decodeSockaddr,
  encodeSockaddr,
  errnoName,
  fcntl,
  getpeername,
  getsockname,
  getsockopt,
  ioctl,
  lastErrno,
  linger,
  listen,
  type Pointer,
  poll,
  pollfd,
  read,
  recv,
  recvfrom,
  SOCKADDR_STORAGE_SIZE,
  type SocketAddress,
  send,
  sendto,
  setsockopt,
  shutdown,
  socket,
  type Timestamp,
  write,
} from '../../bindings';
import { decodeOptionValue, encodeOptionValue, type OptionType, type OptionValue, optionSize } from './option-value';

/** What a call gave, in the form of a Reply. */
export interface Outcome {
  readonly ret: number;
  readonly errno: string;
  readonly start: Timestamp;
  readonly end: Timestamp;
  /** The message of `Reply.output`. */
  readonly output?: Readonly<Record<string, unknown>>;
}

/** How one call is made. `Args` is the call's message. */
export interface CallEntry<Args = never> {
  /** Makes the call in this thread. */
  run(args: Args): Outcome;
  /** Whether the call can block with these arguments; if so it is made in a thread of its own. Not given: never. */
  mayBlock?(args: Args): boolean;
  /** Whether the return value is a new descriptor. */
  opens?(args: Args): boolean;
}

/** The calls by their names in posix.proto. They run in any thread; nothing is kept from one to the next. */
export const callTable: Readonly<Record<string, CallEntry>> = {
  socket: entry<{ domain: number; type: number; protocol: number }>({
    run: ({ domain, type, protocol }) => timed(() => socket(domain, type, protocol)),
    opens: () => true,
  }),

  bind: entry<FdArgs & AddressArgs>({
    run: ({ fd, ...to }) => withAddress(to, (addr, addrlen) => bind(fd, addr, addrlen)),
  }),

  listen: entry<FdArgs & { backlog: number }>({
    run: ({ fd, backlog }) => timed(() => listen(fd, backlog)),
  }),

  accept: entry<FdArgs>({
    run: ({ fd }) => givingAddress((addr, addrlen) => accept(fd, addr, addrlen)),
    mayBlock: ({ fd }) => isBlocking(fd) && !isWaiting(fd),
    opens: () => true,
  }),

  accept4: entry<FdArgs & { flags: number }>({
    run: ({ fd, flags }) => givingAddress((addr, addrlen) => accept4(fd, addr, addrlen, flags)),
    mayBlock: ({ fd }) => isBlocking(fd) && !isWaiting(fd),
    opens: () => true,
  }),

  connect: entry<FdArgs & AddressArgs>({
    run: ({ fd, ...to }) => withAddress(to, (addr, addrlen) => connect(fd, addr, addrlen)),
    mayBlock: ({ fd }) => isBlocking(fd),
  }),

  close: entry<FdArgs>({
    run: ({ fd }) => timed(() => close(fd)),
    mayBlock: ({ fd }) => lingers(fd),
  }),

  shutdown: entry<FdArgs & { how: number }>({
    run: ({ fd, how }) => timed(() => shutdown(fd, how)),
  }),

  getsockname: entry<FdArgs>({
    run: ({ fd }) => givingAddress((addr, addrlen) => getsockname(fd, addr, addrlen)),
  }),

  getpeername: entry<FdArgs>({
    run: ({ fd }) => givingAddress((addr, addrlen) => getpeername(fd, addr, addrlen)),
  }),

  getsockopt: entry<FdArgs & OptionArgs>({
    run({ fd, option, optlen }) {
      const length = optlen ?? optionSize(option.type);
      const optval = emptyMemory(Math.max(optionSize(option.type), Math.min(length, LONGEST_OPTION)));
      lengthCell.writeUInt32LE(length);
      const outcome = timed(() => getsockopt(fd, option.level, option.optname, optval, lengthCell));
      if (outcome.ret === -1) return outcome;
      const got = lengthCell.readUInt32LE();
      const value = decodeOptionValue(option.type, optval.subarray(0, got));
      return { ...outcome, output: { value, optlen: got } };
    },
  }),

  setsockopt: entry<FdArgs & OptionArgs & { value: OptionValue }>({
    run({ fd, option, value, optlen }) {
      const bytes = encodeOptionValue(option.type, value);
      const length = optlen ?? bytes.length;
      // Longer than the value: zeros follow it.
      const optval = Buffer.concat([bytes], Math.max(bytes.length, Math.min(length, LONGEST_OPTION)));
      return timed(() => setsockopt(fd, option.level, option.optname, optval, length));
    },
  }),

  poll: entry<{ fds: { fd: number; events: number }[]; timeout: number }>({
    run({ fds, timeout }) {
      const array = Buffer.concat(fds.map((each) => pollfd.encode(each)));
      const outcome = timed(() => poll(array, fds.length, timeout));
      const revents = fds.map(
        (_, index) => pollfd.decode(array.subarray(index * pollfd.size, (index + 1) * pollfd.size)).revents,
      );
      return { ...outcome, output: { revents } };
    },
    mayBlock: ({ timeout }) => timeout !== 0,
  }),

  send: entry<SendArgs>({
    run({ fd, flags, ...from }) {
      const { memory, length } = memoryToSend(from);
      return timed(() => send(fd, memory, length, flags));
    },
    mayBlock: ({ fd, flags }) => isBlocking(fd, flags),
  }),

  sendto: entry<SendArgs & Partial<AddressArgs>>({
    run({ fd, flags, addr, addrlen, ...from }) {
      const { memory, length } = memoryToSend(from);
      if (!addr) return timed(() => sendto(fd, memory, length, flags, null, addrlen ?? 0));
      return withAddress({ addr, addrlen }, (to, tolen) => sendto(fd, memory, length, flags, to, tolen));
    },
    mayBlock: ({ fd, flags }) => isBlocking(fd, flags),
  }),

  recv: entry<ReceiveArgs & { flags: number }>({
    run: ({ fd, flags, ...into }) => receiving(into, (memory, length) => recv(fd, memory, length, flags)),
    mayBlock: ({ fd, flags }) => isBlocking(fd, flags) && !isWaiting(fd, flags),
  }),

  recvfrom: entry<ReceiveArgs & { flags: number }>({
    run({ fd, flags, ...into }) {
      const from = emptyAddress();
      const outcome = receiving(into, (memory, length) => recvfrom(fd, memory, length, flags, from.addr, from.addrlen));
      const addr = from.take();
      return addr === undefined ? outcome : { ...outcome, output: { ...outcome.output, addr } };
    },
    mayBlock: ({ fd, flags }) => isBlocking(fd, flags) && !isWaiting(fd, flags),
  }),

  read: entry<ReceiveArgs>({
    run: ({ fd, ...into }) => receiving(into, (memory, length) => read(fd, memory, length)),
    mayBlock: ({ fd }) => isBlocking(fd) && !isWaiting(fd),
  }),

  write: entry<Omit<SendArgs, 'flags'>>({
    run({ fd, ...from }) {
      const { memory, length } = memoryToSend(from);
      return timed(() => write(fd, memory, length));
    },
    mayBlock: ({ fd }) => isBlocking(fd),
  }),

  fcntl: entry<FdArgs & { cmd: number; arg: number }>({
    run: ({ fd, cmd, arg }) => timed(() => fcntl(fd, cmd, arg)),
    opens: ({ cmd }) => cmd === constants.F_DUPFD || cmd === constants.F_DUPFD_CLOEXEC,
  }),

  ioctl: entry<FdArgs & { request: number }>({
    run({ fd, request }) {
      const cell = emptyMemory(LONGEST_IOCTL);
      const outcome = timed(() => ioctl(fd, request, cell));
      return outcome.ret === -1 ? outcome : { ...outcome, output: { value: cell.readInt32LE() } };
    },
  }),
};

interface FdArgs {
  readonly fd: number;
}

interface AddressArgs {
  readonly addr: SocketAddress;
  readonly addrlen?: number;
}

interface OptionArgs {
  readonly option: { readonly level: number; readonly optname: number; readonly type: OptionType };
  readonly optlen?: number;
}

interface MemoryArg {
  readonly data?: Uint8Array;
  readonly pointer?: number;
}

interface SendArgs {
  readonly fd: number;
  readonly buffer?: MemoryArg;
  readonly length?: number;
  readonly flags: number;
}

interface ReceiveArgs {
  readonly fd: number;
  readonly length: number;
  readonly buffer?: MemoryArg;
}

/** No option is longer; room that a wrong `optlen` may claim. */
const LONGEST_OPTION = 65536;
/** Room for the answer of any request that does not carry its size: `struct ifreq` is the largest. */
const LONGEST_IOCTL = 64;
/** Guards the agent against a length that is wrong by mistake; larger ones are refused, not made. */
const LONGEST_BUFFER = 64 * 1024 * 1024;

// Memory of this thread that every call may use. Fetching the address of a small buffer for the first time costs 10 µs:
// Node has to move it.
const addressCell = Buffer.alloc(SOCKADDR_STORAGE_SIZE);
const lengthCell = Buffer.alloc(4);
const typeCell = Buffer.alloc(4);
const pollCell = Buffer.alloc(8);

/** From Node's pool, which has an address already. */
function emptyMemory(lengthBytes: number): Buffer {
  return Buffer.allocUnsafe(lengthBytes).fill(0);
}

/** Keeps the arguments' type where the entry is written; the table itself only passes messages on. */
function entry<Args>(definition: CallEntry<Args>): CallEntry {
  return definition as unknown as CallEntry;
}

/** Makes a call that returns -1 on failure, and takes the time right around it. */
function timed(call: () => number): Outcome {
  const start = clockRealtime();
  const ret = call();
  const end = clockRealtime();
  // The clock does not fail, so this is still the call's own.
  return { ret, errno: ret === -1 ? errnoName(lastErrno()) : '', start, end };
}

function withAddress({ addr, addrlen }: AddressArgs, call: (addr: Buffer, addrlen: number) => number): Outcome {
  const bytes = encodeSockaddr(addr);
  const length = addrlen ?? bytes.length;
  const memory = Buffer.concat([bytes], Math.max(bytes.length, Math.min(length, LONGEST_OPTION)));
  return timed(() => call(memory, length));
}

/** Memory for an address that the next call writes. */
function emptyAddress(): { addr: Buffer; addrlen: Buffer; take(): SocketAddress | undefined } {
  lengthCell.writeUInt32LE(addressCell.length);
  return {
    addr: addressCell,
    addrlen: lengthCell,
    take: () => decodeSockaddr(addressCell.subarray(0, lengthCell.readUInt32LE())),
  };
}

function givingAddress(call: (addr: Buffer, addrlen: Buffer) => number): Outcome {
  const into = emptyAddress();
  const outcome = timed(() => call(into.addr, into.addrlen));
  if (outcome.ret === -1) return outcome;
  const addr = into.take();
  return { ...outcome, output: addr === undefined ? {} : { addr } };
}

function memoryToSend({ buffer, length }: Pick<SendArgs, 'buffer' | 'length'>): { memory: Pointer; length: number } {
  if (buffer?.pointer !== undefined) return { memory: buffer.pointer, length: length ?? 0 };
  const data = buffer?.data ?? Buffer.alloc(0);
  checkLength(length ?? data.length);
  const memory = length === undefined || length <= data.length ? data : Buffer.concat([data], length);
  return { memory, length: length ?? data.length };
}

function receiving(
  { buffer, length }: Pick<ReceiveArgs, 'buffer' | 'length'>,
  call: (memory: Pointer, length: number) => number,
): Outcome {
  if (buffer?.pointer !== undefined) {
    const { pointer } = buffer;
    return timed(() => call(pointer, length));
  }
  checkLength(length);
  const memory = Buffer.allocUnsafe(length);
  const outcome = timed(() => call(memory, length));
  // With MSG_TRUNC the return value may exceed the buffer.
  return outcome.ret === -1 ? outcome : { ...outcome, output: { buffer: memory.subarray(0, outcome.ret) } };
}

function checkLength(length: number): void {
  if (length > LONGEST_BUFFER) throw new RangeError(`a buffer of ${length} bytes, more than ${LONGEST_BUFFER}`);
}

/** A descriptor that is not open fails at once and so does not block. */
function isBlocking(fd: number, flags = 0): boolean {
  if ((flags & constants.MSG_DONTWAIT) !== 0) return false;
  const status = fcntl(fd, constants.F_GETFL, 0);
  return status !== -1 && (status & constants.O_NONBLOCK) === 0;
}

/**
 * Whether what the call takes has arrived already, so that it needs no thread of its own. Only for streams: a datagram
 * that poll() sees may turn out to be damaged when it is read, and the call then goes on waiting.
 */
function isWaiting(fd: number, flags = 0): boolean {
  if ((flags & constants.MSG_WAITALL) !== 0) return false;
  typeCell.writeUInt32LE(0);
  lengthCell.writeUInt32LE(typeCell.length);
  const isSocket = getsockopt(fd, constants.SOL_SOCKET, constants.SO_TYPE, typeCell, lengthCell) === 0;
  if (!isSocket || typeCell.readUInt32LE() !== constants.SOCK_STREAM) return false;
  // struct pollfd: int fd, short events, short revents.
  pollCell.writeInt32LE(fd, 0);
  pollCell.writeInt32LE(constants.POLLIN, 4);
  return poll(pollCell, 1, 0) === 1;
}

function lingers(fd: number): boolean {
  const value = emptyMemory(linger.size);
  lengthCell.writeUInt32LE(value.length);
  if (getsockopt(fd, constants.SOL_SOCKET, constants.SO_LINGER, value, lengthCell) === -1) return false;
  const { l_onoff, l_linger } = linger.decode(value);
  return l_onoff !== 0 && l_linger !== 0;
}
