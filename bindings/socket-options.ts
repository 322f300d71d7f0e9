import { type ConstantGroup, constantGroup, constants } from './constants';

/**
 * The C type of an option's value. `uint` is an unsigned int, `duration_s`, `duration_ms` and `duration_us` an int that
 * counts that unit, `errno` an int that is an error number; `bytes` stands for structures that have no table yet.
 */
export type OptionType =
  | 'int'
  | 'uint'
  | 'uint64'
  | 'duration_s'
  | 'duration_ms'
  | 'duration_us'
  | 'errno'
  | 'timeval'
  | 'linger'
  | 'string'
  | 'bytes'
  | 'tcp_info';

/** One option of getsockopt() and setsockopt(). */
export interface SocketOption {
  readonly name: string;
  /** Name of the level's constant. */
  readonly level: string;
  readonly levelNumber: number;
  readonly optname: number;
  readonly type: OptionType;
  readonly doc: string;
  /** Manual page that describes it. */
  readonly man: string;
  /** The group of constants that name its values. */
  readonly constants?: string;
}

type Row = readonly [type: OptionType, doc: string, constants?: string];

const socketLevel: Record<string, Row> = {
  SO_DEBUG: ['int', 'Debugging on or off; needs privilege.'],
  SO_REUSEADDR: ['int', 'A local address may be bound although connections of an earlier listener still exist.'],
  SO_TYPE: ['int', 'The type, SOCK_*; get only.', 'SOCK'],
  SO_ERROR: ['errno', 'The pending error, which reading clears; get only.'],
  SO_DONTROUTE: ['int', 'Send only to directly connected hosts.'],
  SO_BROADCAST: ['int', 'Datagrams may be sent to a broadcast address.'],
  SO_SNDBUF: ['int', 'Send buffer in bytes; Linux doubles what is set.'],
  SO_RCVBUF: ['int', 'Receive buffer in bytes; Linux doubles what is set.'],
  SO_KEEPALIVE: ['int', 'Keepalive probes on or off.'],
  SO_OOBINLINE: ['int', 'Urgent data stays in the stream.'],
  SO_NO_CHECK: ['int', 'UDP over IPv4 is sent without checksum.'],
  SO_PRIORITY: ['int', 'Priority in the queue of the interface.'],
  SO_LINGER: ['linger', 'Whether and how long close() waits for unsent data; 0 seconds resets the connection.'],
  SO_REUSEPORT: ['int', 'Several sockets may bind the same address and share what arrives.'],
  SO_PASSCRED: ['int', 'Credentials as control message; unix sockets.'],
  SO_PEERCRED: ['bytes', 'Credentials of the peer; unix sockets, get only.'],
  SO_RCVLOWAT: ['int', 'Bytes that must be there before a receive call returns.'],
  SO_SNDLOWAT: ['int', 'Always 1 in Linux.'],
  SO_RCVTIMEO: ['timeval', 'How long a receive call waits before EAGAIN; 0: for ever.'],
  SO_SNDTIMEO: ['timeval', 'How long a send call, and connect(), waits before EAGAIN or EINPROGRESS; 0: for ever.'],
  SO_BINDTODEVICE: ['string', 'Only packets of the interface of that name.'],
  SO_ATTACH_FILTER: ['bytes', 'Classic BPF program that drops packets.'],
  SO_DETACH_FILTER: ['int', 'Removes the filter.'],
  SO_PEERNAME: ['bytes', 'Address of the peer, as getpeername().'],
  SO_TIMESTAMP: ['int', 'Time of reception as control message, microseconds.'],
  SO_ACCEPTCONN: ['int', 'Whether the socket listens; get only.'],
  SO_SNDBUFFORCE: ['int', 'SO_SNDBUF beyond the limit; needs privilege.'],
  SO_RCVBUFFORCE: ['int', 'SO_RCVBUF beyond the limit; needs privilege.'],
  SO_TIMESTAMPNS: ['int', 'Time of reception as control message, nanoseconds.'],
  SO_MARK: ['uint', 'Mark of the packets sent, for routing and filters.'],
  SO_TIMESTAMPING: ['int', 'Time stamps of sending and reception.'],
  SO_PROTOCOL: ['int', 'The protocol, IPPROTO_*; get only.', 'IPPROTO'],
  SO_DOMAIN: ['int', 'The address family, AF_*; get only.', 'AF'],
  SO_RXQ_OVFL: ['int', 'Count of dropped packets as control message.'],
  SO_PEEK_OFF: ['int', 'Where MSG_PEEK begins to read; -1: at the front.'],
  SO_BUSY_POLL: ['duration_us', 'How long a receive call polls the device.'],
  SO_MAX_PACING_RATE: ['uint64', 'Limit of the pacing rate in bytes per second.'],
  SO_INCOMING_CPU: ['int', 'Processor that handles the socket.'],
  SO_MEMINFO: ['bytes', 'Memory counters, nine 32-bit integers; get only.'],
  SO_INCOMING_NAPI_ID: ['int', 'Receive queue of the last packet; get only.'],
  SO_COOKIE: ['uint64', 'Number that no other socket of the system has; get only.'],
  SO_ZEROCOPY: ['int', 'Allows MSG_ZEROCOPY.'],
  SO_TXTIME: ['bytes', 'Allows a time of sending per packet.'],
  SO_BINDTOIFINDEX: ['int', 'As SO_BINDTODEVICE, by interface index.'],
};

const tcpLevel: Record<string, Row> = {
  TCP_NODELAY: ['int', 'Small segments are sent at once; off: Nagle (RFC 896).'],
  TCP_MAXSEG: ['int', 'MSS to advertise and not to exceed.'],
  TCP_CORK: ['int', 'Only full segments are sent until it is cleared, at most 200 ms.'],
  TCP_KEEPIDLE: ['duration_s', 'Idle time before the first keepalive probe.'],
  TCP_KEEPINTVL: ['duration_s', 'Time between keepalive probes.'],
  TCP_KEEPCNT: ['int', 'Unanswered probes before the connection is dropped.'],
  TCP_SYNCNT: ['int', 'SYN retransmissions before connect() gives up.'],
  TCP_LINGER2: ['duration_s', 'Lifetime of an orphaned connection in FIN-WAIT-2.'],
  TCP_DEFER_ACCEPT: ['duration_s', 'A connection is accepted only when data arrives, or after this time.'],
  TCP_WINDOW_CLAMP: ['int', 'Limit of the advertised window in bytes.'],
  TCP_INFO: ['tcp_info', 'State and counters of the connection; get only.'],
  TCP_QUICKACK: ['int', 'ACKs are not delayed; the kernel may leave the mode again.'],
  TCP_CONGESTION: ['string', 'Name of the congestion control, such as cubic.'],
  TCP_MD5SIG: ['bytes', 'Key of MD5 signatures for a peer (RFC 2385).'],
  TCP_THIN_LINEAR_TIMEOUTS: ['int', 'A thin stream does not double its RTO.'],
  TCP_THIN_DUPACK: ['int', 'No longer used.'],
  TCP_USER_TIMEOUT: [
    'duration_ms',
    'How long data may stay unacknowledged before the connection is dropped (RFC 5482).',
  ],
  TCP_REPAIR: ['int', 'Repair mode: state is set without sending anything.'],
  TCP_REPAIR_QUEUE: ['int', 'The queue that repair mode works on.'],
  TCP_QUEUE_SEQ: ['uint', 'Sequence number of the queue in repair mode.'],
  TCP_REPAIR_OPTIONS: ['bytes', 'Negotiated options in repair mode.'],
  TCP_FASTOPEN: ['int', 'Length of the queue of Fast Open requests of a listener (RFC 7413).'],
  TCP_TIMESTAMP: ['uint', 'The timestamp clock, to be set in repair mode.'],
  TCP_NOTSENT_LOWAT: ['uint', 'Bytes not yet sent above which the socket is not writable.'],
  TCP_CC_INFO: ['bytes', 'Numbers of the congestion control; get only.'],
  TCP_SAVE_SYN: ['int', 'A listener keeps the headers of the SYN of each connection.'],
  TCP_SAVED_SYN: ['bytes', 'The kept headers, once; get only.'],
  TCP_REPAIR_WINDOW: ['bytes', 'Window variables in repair mode.'],
  TCP_FASTOPEN_CONNECT: [
    'int',
    'connect() returns at once, and the first write goes out in the SYN if there is a cookie.',
  ],
  TCP_ULP: ['string', 'Name of a protocol to put on top, such as tls.'],
  TCP_MD5SIG_EXT: ['bytes', 'TCP_MD5SIG with prefix length and interface.'],
  TCP_FASTOPEN_KEY: ['bytes', 'Key from which Fast Open cookies are made, 16 or 32 bytes.'],
  TCP_FASTOPEN_NO_COOKIE: ['int', 'Fast Open without a cookie.'],
  TCP_ZEROCOPY_RECEIVE: ['bytes', 'Maps received data into memory.'],
  TCP_INQ: ['int', 'Bytes left to read as control message.'],
  TCP_TX_DELAY: ['duration_us', 'Delay added to each segment sent.'],
  TCP_AO_ADD_KEY: ['bytes', 'Adds a key of TCP-AO (RFC 5925).'],
  TCP_AO_DEL_KEY: ['bytes', 'Removes a key of TCP-AO.'],
  TCP_AO_INFO: ['bytes', 'State of TCP-AO.'],
  TCP_AO_GET_KEYS: ['bytes', 'Lists keys of TCP-AO; get only.'],
  TCP_AO_REPAIR: ['bytes', 'State of TCP-AO in repair mode.'],
  TCP_IS_MPTCP: ['int', 'Whether the connection is MPTCP; get only.'],
  TCP_RTO_MAX_MS: ['duration_ms', 'Upper limit of the RTO.'],
  TCP_RTO_MIN_US: ['duration_us', 'Lower limit of the RTO.'],
  TCP_DELACK_MAX_US: ['duration_us', 'Longest delay of an ACK.'],
};

const udpLevel: Record<string, Row> = {
  UDP_CORK: ['int', 'Output is gathered into one datagram until it is cleared.'],
  UDP_ENCAP: ['int', 'Encapsulation that the socket takes apart.'],
  UDP_NO_CHECK6_TX: ['int', 'UDP over IPv6 is sent with checksum 0.'],
  UDP_NO_CHECK6_RX: ['int', 'UDP over IPv6 is accepted with checksum 0.'],
  UDP_SEGMENT: ['int', 'Size of the datagrams into which a large write is cut.'],
  UDP_GRO: ['int', 'Several datagrams may be received as one.'],
};

const ipLevel: Record<string, Row> = {
  IP_TOS: ['int', 'The byte of DSCP and ECN of packets sent.'],
  IP_TTL: ['int', 'Time to live of packets sent; -1: the default.'],
  IP_HDRINCL: ['int', 'Raw sockets: the data begins with the IP header.'],
  IP_OPTIONS: ['bytes', 'IP options of packets sent.'],
  IP_ROUTER_ALERT: ['int', 'Raw sockets get forwarded packets with the router alert option.'],
  IP_RECVOPTS: ['int', 'IP options of received packets as control message.'],
  IP_RETOPTS: ['int', 'As IP_RECVOPTS, unprocessed.'],
  IP_PKTINFO: ['int', 'Destination address and interface of received packets as control message.'],
  IP_MTU_DISCOVER: ['int', 'Path MTU discovery and the DF flag.', 'PMTUDISC'],
  IP_RECVERR: ['int', 'ICMP errors are queued for MSG_ERRQUEUE.'],
  IP_RECVTTL: ['int', 'TTL of received packets as control message.'],
  IP_RECVTOS: ['int', 'TOS of received packets as control message.'],
  IP_MTU: ['int', 'Known path MTU of a connected socket; get only.'],
  IP_FREEBIND: ['int', 'An address that is not local may be bound.'],
  IP_TRANSPARENT: ['int', 'Transparent proxy: foreign addresses may be bound and used.'],
  IP_RECVORIGDSTADDR: ['int', 'Original destination as control message.'],
  IP_MINTTL: ['int', 'Packets with a smaller TTL are dropped (RFC 5082).'],
  IP_NODEFRAG: ['int', 'Raw sockets: fragments are not reassembled by netfilter.'],
  IP_CHECKSUM: ['int', 'Checksum of received datagrams as control message.'],
  IP_BIND_ADDRESS_NO_PORT: ['int', 'bind() to port 0 leaves the choice of the port to connect().'],
  IP_RECVFRAGSIZE: ['int', 'Largest fragment size as control message.'],
  IP_RECVERR_RFC4884: ['int', 'Extended ICMP errors (RFC 4884) in the error queue.'],
  IP_MULTICAST_IF: ['bytes', 'Interface for multicast, struct ip_mreqn or in_addr.'],
  IP_MULTICAST_TTL: ['int', 'TTL of multicast packets sent.'],
  IP_MULTICAST_LOOP: ['int', 'Whether multicast packets come back to this host.'],
  IP_ADD_MEMBERSHIP: ['bytes', 'Joins a multicast group, struct ip_mreqn.'],
  IP_DROP_MEMBERSHIP: ['bytes', 'Leaves a multicast group, struct ip_mreqn.'],
  IP_UNBLOCK_SOURCE: ['bytes', 'Lets a blocked source in again, struct ip_mreq_source.'],
  IP_BLOCK_SOURCE: ['bytes', 'Drops packets of a source, struct ip_mreq_source.'],
  IP_ADD_SOURCE_MEMBERSHIP: ['bytes', 'Joins a group for one source, struct ip_mreq_source.'],
  IP_DROP_SOURCE_MEMBERSHIP: ['bytes', 'Leaves a group for one source, struct ip_mreq_source.'],
  IP_MULTICAST_ALL: ['int', 'Whether packets of groups that other sockets joined are delivered too.'],
  IP_UNICAST_IF: ['bytes', 'Interface for unicast, index in network byte order.'],
  IP_LOCAL_PORT_RANGE: ['uint', 'Ports to choose from: lowest in the low, highest in the high half.'],
};

const ipv6Level: Record<string, Row> = {
  IPV6_ADDRFORM: ['int', 'Turns a mapped IPv6 socket into an IPv4 socket.'],
  IPV6_CHECKSUM: ['int', 'Raw sockets: offset of the checksum that the kernel fills in; -1: none.'],
  IPV6_UNICAST_HOPS: ['int', 'Hop limit of packets sent; -1: the default.'],
  IPV6_MULTICAST_IF: ['int', 'Interface index for multicast.'],
  IPV6_MULTICAST_HOPS: ['int', 'Hop limit of multicast packets sent; -1: the default.'],
  IPV6_MULTICAST_LOOP: ['int', 'Whether multicast packets come back to this host.'],
  IPV6_JOIN_GROUP: ['bytes', 'Joins a multicast group, struct ipv6_mreq.'],
  IPV6_LEAVE_GROUP: ['bytes', 'Leaves a multicast group, struct ipv6_mreq.'],
  IPV6_ROUTER_ALERT: ['int', 'Raw sockets get packets with the router alert option.'],
  IPV6_MTU_DISCOVER: ['int', 'Path MTU discovery.', 'PMTUDISC'],
  IPV6_MTU: ['int', 'MTU to use, or the known path MTU of a connected socket.'],
  IPV6_RECVERR: ['int', 'ICMPv6 errors are queued for MSG_ERRQUEUE.'],
  IPV6_V6ONLY: ['int', 'No IPv4 as mapped addresses.'],
  IPV6_JOIN_ANYCAST: ['bytes', 'Joins an anycast group, struct ipv6_mreq.'],
  IPV6_LEAVE_ANYCAST: ['bytes', 'Leaves an anycast group, struct ipv6_mreq.'],
  IPV6_MULTICAST_ALL: ['int', 'Whether packets of groups that other sockets joined are delivered too.'],
  IPV6_RECVERR_RFC4884: ['int', 'Extended ICMPv6 errors (RFC 4884) in the error queue.'],
  IPV6_FLOWLABEL_MGR: ['bytes', 'Leases flow labels.'],
  IPV6_FLOWINFO_SEND: ['int', 'sin6_flowinfo goes into the packets sent.'],
  IPV6_HDRINCL: ['int', 'Raw sockets: the data begins with the IPv6 header.'],
  IPV6_RECVPKTINFO: ['int', 'Destination address and interface as control message.'],
  IPV6_PKTINFO: ['bytes', 'Source address and interface of packets sent, struct in6_pktinfo.'],
  IPV6_RECVHOPLIMIT: ['int', 'Hop limit of received packets as control message.'],
  IPV6_HOPLIMIT: ['int', 'Hop limit; as control message only.'],
  IPV6_RECVHOPOPTS: ['int', 'Hop-by-hop options as control message.'],
  IPV6_HOPOPTS: ['bytes', 'Hop-by-hop options of packets sent.'],
  IPV6_RTHDRDSTOPTS: ['bytes', 'Destination options before a routing header.'],
  IPV6_RECVRTHDR: ['int', 'Routing header as control message.'],
  IPV6_RTHDR: ['bytes', 'Routing header of packets sent.'],
  IPV6_RECVDSTOPTS: ['int', 'Destination options as control message.'],
  IPV6_DSTOPTS: ['bytes', 'Destination options of packets sent.'],
  IPV6_RECVPATHMTU: ['int', 'Changes of the path MTU as control message.'],
  IPV6_PATHMTU: ['bytes', 'Known path MTU, struct ip6_mtuinfo; get only.'],
  IPV6_DONTFRAG: ['int', 'Packets above the MTU fail with EMSGSIZE instead of being fragmented.'],
  IPV6_RECVTCLASS: ['int', 'Traffic class of received packets as control message.'],
  IPV6_TCLASS: ['int', 'Traffic class of packets sent: DSCP and ECN; -1: the default.'],
  IPV6_AUTOFLOWLABEL: ['int', 'A flow label is chosen for each flow.'],
  IPV6_ADDR_PREFERENCES: ['int', 'Which source addresses are preferred (RFC 5014).'],
  IPV6_MINHOPCOUNT: ['int', 'Packets with a smaller hop limit are dropped.'],
  IPV6_RECVORIGDSTADDR: ['int', 'Original destination as control message.'],
  IPV6_TRANSPARENT: ['int', 'Transparent proxy: foreign addresses may be bound and used.'],
  IPV6_UNICAST_IF: ['bytes', 'Interface for unicast, index in network byte order.'],
  IPV6_RECVFRAGSIZE: ['int', 'Largest fragment size as control message.'],
  IPV6_FREEBIND: ['int', 'An address that is not local may be bound.'],
};

/** All options that have a constant. One more is a line in the level's table here and in its group in constants.ts. */
export const socketOptions: readonly SocketOption[] = [
  ...level('SOL_SOCKET', constants.SOL_SOCKET, 'socket(7)', constantGroup('SO'), socketLevel),
  ...level('IPPROTO_TCP', constants.IPPROTO_TCP, 'tcp(7)', constantGroup('TCP'), tcpLevel),
  ...level('IPPROTO_UDP', constants.IPPROTO_UDP, 'udp(7)', constantGroup('UDP'), udpLevel),
  ...level('IPPROTO_IP', constants.IPPROTO_IP, 'ip(7)', constantGroup('IP'), ipLevel),
  ...level('IPPROTO_IPV6', constants.IPPROTO_IPV6, 'ipv6(7)', constantGroup('IPV6'), ipv6Level),
];

const optionsByName = new Map(socketOptions.map((option) => [option.name, option]));

/** The option of that name, such as `SO_LINGER`. */
export function socketOption(name: string): SocketOption | undefined {
  return optionsByName.get(name);
}

function level(
  name: string,
  number: number,
  man: string,
  group: ConstantGroup | undefined,
  rows: Record<string, Row>,
): SocketOption[] {
  return Object.entries(rows).map(([option, [type, doc, valueConstants]]) => {
    const optname = group?.values[option];
    if (optname === undefined) throw new Error(`socket-options.ts: ${option} has no constant`);
    return { name: option, level: name, levelNumber: number, optname, type, doc, man, constants: valueConstants };
  });
}
