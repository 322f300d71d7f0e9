/** A group of C constants: what an argument of a call may be. */
export interface ConstantGroup<Name extends string = string> {
  /** How the group is called in descriptors: the names' prefix where they share one. */
  readonly name: string;
  /** One sentence for editor help and reference pages. */
  readonly doc: string;
  /** True if values are combined by bitwise or. */
  readonly isFlags: boolean;
  readonly values: Readonly<Record<Name, number>>;
  /** A sentence per name, where the name alone does not say it. */
  readonly docs: Readonly<Partial<Record<Name, string>>>;
}

type Entry = number | readonly [value: number, doc: string];

function group<Name extends string>(
  name: string,
  doc: string,
  entries: Readonly<Record<Name, Entry>>,
  isFlags = false,
): ConstantGroup<Name> {
  const values = {} as Record<Name, number>;
  const docs: Partial<Record<Name, string>> = {};
  for (const [key, entry] of Object.entries(entries) as [Name, Entry][]) {
    values[key] = typeof entry === 'number' ? entry : entry[0];
    if (typeof entry !== 'number') docs[key] = entry[1];
  }
  return { name, doc, isFlags, values, docs };
}

// Numbers of Linux with glibc. The generic ABI has one set for x86-64 and arm64; only the open flags below differ.
const isArm64 = process.arch === 'arm64';

const addressFamilies = group('AF', 'Address family of a socket or an address.', {
  AF_UNSPEC: [0, 'No family; in connect() on a datagram socket it dissolves the association.'],
  AF_UNIX: 1,
  AF_INET: [2, 'IPv4.'],
  AF_INET6: [10, 'IPv6; also IPv4 as mapped addresses unless IPV6_V6ONLY is set.'],
  AF_NETLINK: 16,
  AF_PACKET: [17, 'Frames of the link layer.'],
  AF_VSOCK: 40,
});

const socketTypes = group('SOCK', 'Type of a socket.', {
  SOCK_STREAM: [1, 'Ordered byte stream: TCP.'],
  SOCK_DGRAM: [2, 'Datagrams: UDP.'],
  SOCK_RAW: [3, 'Packets with their header.'],
  SOCK_RDM: 4,
  SOCK_SEQPACKET: 5,
  SOCK_DCCP: 6,
});

const socketTypeFlags = group(
  'SOCK_FLAGS',
  'Flags beside the type in socket(), and the flags of accept4().',
  {
    SOCK_NONBLOCK: [0o4000, 'The new socket does not block.'],
    SOCK_CLOEXEC: [0o2000000, 'The new socket is closed by exec.'],
  },
  true,
);

const ipProtocols = group('IPPROTO', 'Protocol number: in socket(), as level of an option, in the IP header.', {
  IPPROTO_IP: [0, 'The protocol that the socket type implies; as level, options of IPv4.'],
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_DCCP: 33,
  IPPROTO_IPV6: [41, 'As level, options of IPv6.'],
  IPPROTO_ROUTING: 43,
  IPPROTO_FRAGMENT: 44,
  IPPROTO_GRE: 47,
  IPPROTO_ESP: 50,
  IPPROTO_AH: 51,
  IPPROTO_ICMPV6: 58,
  IPPROTO_NONE: 59,
  IPPROTO_DSTOPTS: 60,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_RAW: 255,
  IPPROTO_MPTCP: 262,
});

const optionLevels = group('SOL', 'Level of a socket option.', {
  SOL_IP: 0,
  SOL_SOCKET: [1, 'Options of the socket layer, SO_*.'],
  SOL_TCP: 6,
  SOL_UDP: 17,
  SOL_IPV6: 41,
  SOL_ICMPV6: 58,
  SOL_RAW: 255,
  SOL_PACKET: 263,
});

const socketOptions = group('SO', 'Option at level SOL_SOCKET.', {
  SO_DEBUG: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_DONTROUTE: 5,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_NO_CHECK: 11,
  SO_PRIORITY: 12,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_PASSCRED: 16,
  SO_PEERCRED: 17,
  SO_RCVLOWAT: 18,
  SO_SNDLOWAT: 19,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_BINDTODEVICE: 25,
  SO_ATTACH_FILTER: 26,
  SO_DETACH_FILTER: 27,
  SO_PEERNAME: 28,
  SO_TIMESTAMP: 29,
  SO_ACCEPTCONN: 30,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_TIMESTAMPNS: 35,
  SO_MARK: 36,
  SO_TIMESTAMPING: 37,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
  SO_RXQ_OVFL: 40,
  SO_PEEK_OFF: 42,
  SO_BUSY_POLL: 46,
  SO_MAX_PACING_RATE: 47,
  SO_INCOMING_CPU: 49,
  SO_MEMINFO: 55,
  SO_INCOMING_NAPI_ID: 56,
  SO_COOKIE: 57,
  SO_ZEROCOPY: 60,
  SO_TXTIME: 61,
  SO_BINDTOIFINDEX: 62,
});

const tcpOptions = group('TCP', 'Option at level IPPROTO_TCP.', {
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SYNCNT: 7,
  TCP_LINGER2: 8,
  TCP_DEFER_ACCEPT: 9,
  TCP_WINDOW_CLAMP: 10,
  TCP_INFO: 11,
  TCP_QUICKACK: 12,
  TCP_CONGESTION: 13,
  TCP_MD5SIG: 14,
  TCP_THIN_LINEAR_TIMEOUTS: 16,
  TCP_THIN_DUPACK: 17,
  TCP_USER_TIMEOUT: 18,
  TCP_REPAIR: 19,
  TCP_REPAIR_QUEUE: 20,
  TCP_QUEUE_SEQ: 21,
  TCP_REPAIR_OPTIONS: 22,
  TCP_FASTOPEN: 23,
  TCP_TIMESTAMP: 24,
  TCP_NOTSENT_LOWAT: 25,
  TCP_CC_INFO: 26,
  TCP_SAVE_SYN: 27,
  TCP_SAVED_SYN: 28,
  TCP_REPAIR_WINDOW: 29,
  TCP_FASTOPEN_CONNECT: 30,
  TCP_ULP: 31,
  TCP_MD5SIG_EXT: 32,
  TCP_FASTOPEN_KEY: 33,
  TCP_FASTOPEN_NO_COOKIE: 34,
  TCP_ZEROCOPY_RECEIVE: 35,
  TCP_INQ: 36,
  TCP_TX_DELAY: 37,
  TCP_AO_ADD_KEY: 38,
  TCP_AO_DEL_KEY: 39,
  TCP_AO_INFO: 40,
  TCP_AO_GET_KEYS: 41,
  TCP_AO_REPAIR: 42,
  TCP_IS_MPTCP: 43,
  TCP_RTO_MAX_MS: 44,
  TCP_RTO_MIN_US: 45,
  TCP_DELACK_MAX_US: 46,
});

const udpOptions = group('UDP', 'Option at level IPPROTO_UDP.', {
  UDP_CORK: 1,
  UDP_ENCAP: 100,
  UDP_NO_CHECK6_TX: 101,
  UDP_NO_CHECK6_RX: 102,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
});

const ipOptions = group('IP', 'Option at level IPPROTO_IP.', {
  IP_TOS: 1,
  IP_TTL: 2,
  IP_HDRINCL: 3,
  IP_OPTIONS: 4,
  IP_ROUTER_ALERT: 5,
  IP_RECVOPTS: 6,
  IP_RETOPTS: 7,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_RECVERR: 11,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_MTU: 14,
  IP_FREEBIND: 15,
  IP_TRANSPARENT: 19,
  IP_RECVORIGDSTADDR: 20,
  IP_MINTTL: 21,
  IP_NODEFRAG: 22,
  IP_CHECKSUM: 23,
  IP_BIND_ADDRESS_NO_PORT: 24,
  IP_RECVFRAGSIZE: 25,
  IP_RECVERR_RFC4884: 26,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IP_ADD_MEMBERSHIP: 35,
  IP_DROP_MEMBERSHIP: 36,
  IP_UNBLOCK_SOURCE: 37,
  IP_BLOCK_SOURCE: 38,
  IP_ADD_SOURCE_MEMBERSHIP: 39,
  IP_DROP_SOURCE_MEMBERSHIP: 40,
  IP_MULTICAST_ALL: 49,
  IP_UNICAST_IF: 50,
  IP_LOCAL_PORT_RANGE: 51,
});

const ipv6Options = group('IPV6', 'Option at level IPPROTO_IPV6.', {
  IPV6_ADDRFORM: 1,
  IPV6_CHECKSUM: 7,
  IPV6_UNICAST_HOPS: 16,
  IPV6_MULTICAST_IF: 17,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_JOIN_GROUP: 20,
  IPV6_LEAVE_GROUP: 21,
  IPV6_ROUTER_ALERT: 22,
  IPV6_MTU_DISCOVER: 23,
  IPV6_MTU: 24,
  IPV6_RECVERR: 25,
  IPV6_V6ONLY: 26,
  IPV6_JOIN_ANYCAST: 27,
  IPV6_LEAVE_ANYCAST: 28,
  IPV6_MULTICAST_ALL: 29,
  IPV6_RECVERR_RFC4884: 31,
  IPV6_FLOWLABEL_MGR: 32,
  IPV6_FLOWINFO_SEND: 33,
  IPV6_HDRINCL: 36,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
  IPV6_RECVHOPOPTS: 53,
  IPV6_HOPOPTS: 54,
  IPV6_RTHDRDSTOPTS: 55,
  IPV6_RECVRTHDR: 56,
  IPV6_RTHDR: 57,
  IPV6_RECVDSTOPTS: 58,
  IPV6_DSTOPTS: 59,
  IPV6_RECVPATHMTU: 60,
  IPV6_PATHMTU: 61,
  IPV6_DONTFRAG: 62,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
  IPV6_AUTOFLOWLABEL: 70,
  IPV6_ADDR_PREFERENCES: 72,
  IPV6_MINHOPCOUNT: 73,
  IPV6_RECVORIGDSTADDR: 74,
  IPV6_TRANSPARENT: 75,
  IPV6_UNICAST_IF: 76,
  IPV6_RECVFRAGSIZE: 77,
  IPV6_FREEBIND: 78,
});

const pathMtuDiscovery = group('PMTUDISC', 'Value of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER.', {
  IP_PMTUDISC_DONT: [0, 'Never set the DF flag.'],
  IP_PMTUDISC_WANT: [1, 'DF as the route says; a datagram above the path MTU is fragmented.'],
  IP_PMTUDISC_DO: [2, 'Always DF; a datagram above the path MTU fails with EMSGSIZE.'],
  IP_PMTUDISC_PROBE: [3, 'Always DF, the path MTU is ignored.'],
  IP_PMTUDISC_INTERFACE: [4, 'Never DF; the interface MTU counts, never the path MTU.'],
  IP_PMTUDISC_OMIT: [5, 'As INTERFACE, but fragments where needed.'],
});

const messageFlags = group(
  'MSG',
  'Flags of the send and receive calls.',
  {
    MSG_OOB: [0x1, 'Urgent data.'],
    MSG_PEEK: [0x2, 'Read without taking out of the queue.'],
    MSG_DONTROUTE: 0x4,
    MSG_CTRUNC: [0x8, 'Returned: control data did not fit.'],
    MSG_TRUNC: [0x20, 'Returned: the datagram did not fit. Given to recv: return its real length.'],
    MSG_DONTWAIT: [0x40, 'Do not block: EAGAIN instead.'],
    MSG_EOR: 0x80,
    MSG_WAITALL: [0x100, 'Block until the whole length has arrived.'],
    MSG_CONFIRM: 0x800,
    MSG_ERRQUEUE: [0x2000, 'Receive from the error queue.'],
    MSG_NOSIGNAL: [0x4000, 'EPIPE without the signal SIGPIPE.'],
    MSG_MORE: [0x8000, 'More data follows: hold back a partial segment or datagram.'],
    MSG_WAITFORONE: 0x10000,
    MSG_ZEROCOPY: 0x4000000,
    MSG_FASTOPEN: [0x20000000, 'TCP Fast Open: data in the SYN, connect and send in one.'],
    MSG_CMSG_CLOEXEC: 0x40000000,
  },
  true,
);

const shutdownModes = group('SHUT', 'What shutdown() ends.', {
  SHUT_RD: [0, 'Receiving.'],
  SHUT_WR: [1, 'Sending: TCP sends a FIN after the data that is queued.'],
  SHUT_RDWR: [2, 'Both.'],
});

const pollEvents = group(
  'POLL',
  'Events of poll().',
  {
    POLLIN: [0x1, 'Something can be read, or accepted, or the peer has closed.'],
    POLLPRI: [0x2, 'Urgent data.'],
    POLLOUT: [0x4, 'Writing would not block.'],
    POLLERR: [0x8, 'Returned: an error is pending (SO_ERROR).'],
    POLLHUP: [0x10, 'Returned: both directions are closed.'],
    POLLNVAL: [0x20, 'Returned: the descriptor is not open.'],
    POLLRDNORM: 0x40,
    POLLRDBAND: 0x80,
    POLLWRNORM: 0x100,
    POLLWRBAND: 0x200,
    POLLRDHUP: [0x2000, 'The peer has shut down its sending side.'],
  },
  true,
);

const fcntlCommands = group('F', 'Command of fcntl().', {
  F_DUPFD: 0,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: [3, 'Returns the status flags, O_*.'],
  F_SETFL: [4, 'Sets the status flags that may change: O_NONBLOCK, O_APPEND, O_ASYNC, O_DIRECT.'],
  F_SETOWN: 8,
  F_GETOWN: 9,
  F_DUPFD_CLOEXEC: 1030,
});

const descriptorFlags = group('FD', 'Flags of F_GETFD and F_SETFD.', { FD_CLOEXEC: 1 }, true);

const statusFlags = group(
  'O',
  'File status flags: of open(), and of fcntl(F_GETFL and F_SETFL).',
  {
    O_RDONLY: 0,
    O_WRONLY: 1,
    O_RDWR: 2,
    O_CREAT: 0o100,
    O_EXCL: 0o200,
    O_NOCTTY: 0o400,
    O_TRUNC: 0o1000,
    O_APPEND: 0o2000,
    O_NONBLOCK: [0o4000, 'Calls on it do not block: EAGAIN, or EINPROGRESS for connect().'],
    O_DSYNC: 0o10000,
    O_ASYNC: 0o20000,
    O_DIRECT: isArm64 ? 0o200000 : 0o40000,
    O_LARGEFILE: isArm64 ? 0o400000 : 0o100000,
    O_DIRECTORY: isArm64 ? 0o40000 : 0o200000,
    O_NOFOLLOW: isArm64 ? 0o100000 : 0o400000,
    O_CLOEXEC: 0o2000000,
  },
  true,
);

const ioctlRequests = group('IOCTL', 'Request of ioctl() on a socket.', {
  FIONREAD: [0x541b, 'Bytes that can be read at once.'],
  SIOCINQ: [0x541b, 'TCP: bytes received in order and not yet read. UDP: size of the next datagram. Same as FIONREAD.'],
  SIOCOUTQ: [0x5411, 'TCP: bytes sent or queued that are not yet acknowledged.'],
  SIOCOUTQNSD: [0x894b, 'TCP: bytes queued that are not yet sent.'],
  FIONBIO: [0x5421, 'Non-blocking mode on or off.'],
  SIOCATMARK: [0x8905, 'Whether the next byte is the urgent one.'],
  SIOCGIFNAME: 0x8910,
  SIOCGIFFLAGS: 0x8913,
  SIOCSIFFLAGS: 0x8914,
  SIOCGIFADDR: 0x8915,
  SIOCGIFMTU: 0x8921,
  SIOCSIFMTU: 0x8922,
  SIOCGIFHWADDR: 0x8927,
  SIOCGIFINDEX: 0x8933,
  SIOCETHTOOL: 0x8946,
});

const tcpStates = group('TCP_STATE', 'State of a TCP connection in tcp_info (RFC 9293 §3.3.2).', {
  TCP_ESTABLISHED: 1,
  TCP_SYN_SENT: 2,
  TCP_SYN_RECV: 3,
  TCP_FIN_WAIT1: 4,
  TCP_FIN_WAIT2: 5,
  TCP_TIME_WAIT: 6,
  TCP_CLOSE: [7, 'CLOSED: no connection.'],
  TCP_CLOSE_WAIT: 8,
  TCP_LAST_ACK: 9,
  TCP_LISTEN: 10,
  TCP_CLOSING: 11,
  TCP_NEW_SYN_RECV: 12,
});

const congestionStates = group('TCP_CA', 'Congestion state in tcp_info.', {
  TCP_CA_Open: [0, 'Nothing unusual.'],
  TCP_CA_Disorder: [1, 'Duplicate ACKs or SACKs were seen.'],
  TCP_CA_CWR: [2, 'The window is being reduced, for example after an ECN mark.'],
  TCP_CA_Recovery: [3, 'Fast recovery.'],
  TCP_CA_Loss: [4, 'After a retransmission timeout.'],
});

const negotiatedOptions = group(
  'TCPI_OPT',
  'What both sides have agreed on: tcpi_options in tcp_info.',
  {
    TCPI_OPT_TIMESTAMPS: 1,
    TCPI_OPT_SACK: 2,
    TCPI_OPT_WSCALE: 4,
    TCPI_OPT_ECN: 8,
    TCPI_OPT_ECN_SEEN: [16, 'A packet with an ECT codepoint was received.'],
    TCPI_OPT_SYN_DATA: [32, 'The SYN-ACK acknowledged data in the SYN.'],
    TCPI_OPT_USEC_TS: [64, 'Timestamps count microseconds.'],
  },
  true,
);

const packetTypes = group('PACKET', 'To whom a frame was sent: sll_pkttype.', {
  PACKET_HOST: [0, "To the interface's own address."],
  PACKET_BROADCAST: 1,
  PACKET_MULTICAST: 2,
  PACKET_OTHERHOST: [3, 'To another unicast address.'],
  PACKET_OUTGOING: [4, 'Sent by this host.'],
});

/** All groups, for schema enumerations and reference pages. */
export const constantGroups: readonly ConstantGroup[] = [
  addressFamilies,
  socketTypes,
  socketTypeFlags,
  ipProtocols,
  optionLevels,
  socketOptions,
  tcpOptions,
  udpOptions,
  ipOptions,
  ipv6Options,
  pathMtuDiscovery,
  messageFlags,
  shutdownModes,
  pollEvents,
  fcntlCommands,
  descriptorFlags,
  statusFlags,
  ioctlRequests,
  tcpStates,
  congestionStates,
  negotiatedOptions,
  packetTypes,
];

/** Every constant by its C name: `constants.AF_INET`. */
export const constants = {
  ...addressFamilies.values,
  ...socketTypes.values,
  ...socketTypeFlags.values,
  ...ipProtocols.values,
  ...optionLevels.values,
  ...socketOptions.values,
  ...tcpOptions.values,
  ...udpOptions.values,
  ...ipOptions.values,
  ...ipv6Options.values,
  ...pathMtuDiscovery.values,
  ...messageFlags.values,
  ...shutdownModes.values,
  ...pollEvents.values,
  ...fcntlCommands.values,
  ...descriptorFlags.values,
  ...statusFlags.values,
  ...ioctlRequests.values,
  ...tcpStates.values,
  ...congestionStates.values,
  ...negotiatedOptions.values,
  ...packetTypes.values,
} as const;

const allByName = new Map<string, number>(Object.entries(constants));
const groupsByName = new Map(constantGroups.map((entry) => [entry.name, entry]));

/** The value of a constant of any group. */
export function constant(name: string): number | undefined {
  return allByName.get(name);
}

/** The group of that name, such as `AF` or `MSG`. */
export function constantGroup(name: string): ConstantGroup | undefined {
  return groupsByName.get(name);
}

/**
 * How a value of a group is written: `AF_INET`; for flags all names joined by `|`, bits without a name as hexadecimal
 * number. Undefined if the group has no name for it.
 */
export function constantName(groupName: string, value: number): string | undefined {
  const entry = groupsByName.get(groupName);
  if (!entry) return undefined;
  const pairs = Object.entries(entry.values);
  const exact = pairs.find(([, number]) => number === value);
  if (exact || !entry.isFlags) return exact?.[0];
  const names: string[] = [];
  let rest = value;
  for (const [name, bits] of pairs) {
    if (bits === 0 || (rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.length === 0 ? undefined : names.join('|');
}
