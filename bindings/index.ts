/*
 * libc through ffi: the only folder that knows addresses, C structures and Linux' numbers.
 *
 * call.ts turns a C function into a JavaScript function that costs one native call; syscalls.ts lists the functions
 * under their C names; errno.ts, constants.ts and structs/ are tables. On top of these stand the few things that are
 * more than one call: PacketSocket (frames of an interface), PollSet (waiting), namespaces, threads and signals,
 * interfaces.
 *
 * One more call is one line in syscalls.ts; one more constant is one line in its group in constants.ts. Calls return
 * -1 and leave lastErrno(); everything else throws ErrnoError, which looks like Node's own system errors.
 *
 * Nothing native is loaded before the first call. In a process with workers the main thread calls ensureLoaded()
 * before it starts them.
 */
export {
  type Argument,
  addressOf,
  addressOfSymbol,
  type CallOptions,
  defineCall,
  ensureLoaded,
  lastErrno,
  memoryAt,
  SymbolError,
} from './call';
export { type ConstantGroup, constant, constantGroup, constantGroups, constantName, constants } from './constants';
export { ErrnoError, errnoName, errnoNames, errnoNumber, errnoText } from './errno';
export {
  hasLink,
  interfaceFlags,
  interfaceIndex,
  interfaceMac,
  type OffloadState,
  offloadState,
  setInterfaceUp,
  setTxChecksumOffload,
} from './interface';
export { enterNamespace, inNamespace, type NetworkNamespace, openNamespace } from './namespace';
export { type Memory, NativeModuleError } from './native';
export { PacketSocket, type PacketSocketOptions, type PacketStatistics, type ReceivedFrame } from './packet-socket';
export { type PollEntry, PollSet } from './poll-set';
export { type OptionType, type SocketOption, socketOption, socketOptions } from './socket-options';
export {
  decodeSockaddr,
  defineStruct,
  encodeSockaddr,
  formatIp,
  linger,
  type Member,
  type MemberType,
  parseIp,
  pollfd,
  SOCKADDR_STORAGE_SIZE,
  type SocketAddress,
  type Struct,
  tcpInfo,
  timeval,
  type Values,
} from './structs';
export {
  accept,
  accept4,
  bind,
  checked,
  clock_gettime,
  close,
  connect,
  eventfd,
  fcntl,
  getpeername,
  getsockname,
  getsockopt,
  gettid,
  ioctl,
  listen,
  type Pointer,
  poll,
  ppoll,
  prctl,
  read,
  recv,
  recvfrom,
  recvmsg,
  send,
  sendmsg,
  sendto,
  setns,
  setsockopt,
  shutdown,
  sigaction,
  socket,
  tgkill,
  unshare,
  write,
} from './syscalls';
export {
  clockRealtime,
  installWakeSignal,
  setParentDeathSignal,
  setTimerSlack,
  type Timestamp,
  WAKE_SIGNAL,
} from './thread';
