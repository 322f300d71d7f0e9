import { addressOf, lastErrno } from './call';
import { constants } from './constants';
import { ErrnoError, errnoNumber } from './errno';
import { bind, checked, close, getsockopt, recvmsg, send, setsockopt, socket } from './syscalls';

export interface PacketSocketOptions {
  /** The interface, in the network namespace of the thread that makes the socket; 0 for all of them. */
  readonly ifindex: number;
  /** Also see the frames that this host sends, through other sockets (packet type PACKET_OUTGOING). Default false. */
  readonly seesOutgoing?: boolean;
  /**
   * Room for frames that nobody has read yet, as the kernel counts it: some 800 bytes for the smallest. Default 16
   * MiB; less if the kernel's limit and rights are less.
   */
  readonly receiveBufferBytes?: number;
}

/** A frame that arrived at the interface. */
export interface ReceivedFrame {
  /**
   * From the destination address on, without the checksum at the end; a VLAN tag that the kernel took out is back in
   * place. Owned by the receiver.
   */
  readonly bytes: Buffer;
  /** When the kernel received it, CLOCK_REALTIME: seconds, and nanoseconds within the second. */
  readonly sec: number;
  readonly nsec: number;
  /** Its real length; more than `bytes.length` only if it did not fit into 64 KiB. */
  readonly originalLength: number;
  /** The sender left the checksum to hardware that a veth does not have: what stands in the frame is no checksum. */
  readonly checksumNotReady: boolean;
  /** Several TCP segments in one frame, which on a wire would have been split. */
  readonly gso: boolean;
  /** Priority, DEI and VLAN id of the tag that was put back. */
  readonly vlanTci?: number;
  /** To whom it was sent: a PACKET_* constant. */
  readonly packetType: number;
}

/** What has happened since the socket was made. */
export interface PacketStatistics {
  /** Frames that arrived, dropped ones included. */
  readonly packets: number;
  /** Frames lost because nobody read them in time and the buffer was full. */
  readonly drops: number;
}

/**
 * Sends and receives the frames of one interface, link-layer header included. It never sees frames that this host
 * sends.
 *
 * The socket works from any thread and namespace once made. It never blocks; wait for POLLIN on {@link fd}.
 */
export class PacketSocket {
  readonly fd: number;
  private isOpen = true;
  private packets = 0;
  private drops = 0;

  // struct msghdr: name, namelen (u32), iov, iovlen, control, controllen, flags (int); 56 bytes with padding.
  private readonly header = Buffer.alloc(56);
  private readonly headerWords = new Uint32Array(this.header.buffer, this.header.byteOffset, 14);
  private readonly headerAddress = addressOf(this.header);
  private readonly vector = Buffer.alloc(16);
  /** struct sockaddr_ll. */
  private readonly name = Buffer.alloc(20);
  private readonly control = new Uint32Array(CONTROL_SIZE / 4);
  private readonly frame = Buffer.alloc(MAX_FRAME);
  private readonly outgoing = Buffer.alloc(MAX_FRAME);
  private readonly outgoingAddress = addressOf(this.outgoing);

  /** @throws {ErrnoError} EPERM without CAP_NET_RAW, ENODEV if there is no such interface, ENETDOWN if it is not up */
  constructor(options: PacketSocketOptions) {
    this.linkHeader();
    // Protocol 0: no frame may arrive before all options are set and the interface is chosen.
    const type = constants.SOCK_RAW | constants.SOCK_NONBLOCK | constants.SOCK_CLOEXEC;
    this.fd = checked('socket', socket(constants.AF_PACKET, type, 0), 'AF_PACKET');
    try {
      this.setOption(constants.SOL_PACKET, PACKET_AUXDATA, 1);
      this.setOption(constants.SOL_PACKET, PACKET_IGNORE_OUTGOING, options.seesOutgoing === true ? 0 : 1);
      this.setOption(constants.SOL_SOCKET, constants.SO_TIMESTAMPNS, 1);
      this.setReceiveBuffer(options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER);
      const address = Buffer.alloc(20);
      address.writeUInt16LE(constants.AF_PACKET, 0);
      address.writeUInt16BE(ETH_P_ALL, 2);
      address.writeInt32LE(options.ifindex, 4);
      checked('bind', bind(this.fd, address, address.length), `interface index ${options.ifindex}`);
    } catch (error) {
      close(this.fd);
      throw error;
    }
  }

  /**
   * The next frame that has arrived, or undefined if there is none.
   * @throws {ErrnoError} ENETDOWN when the interface has gone down or away; the kernel says so once
   */
  receive(): ReceivedFrame | undefined {
    this.headerWords[NAMELEN] = 20;
    this.headerWords[CONTROLLEN] = CONTROL_SIZE;
    const length = recvmsg(this.fd, this.headerAddress, RECEIVE_FLAGS);
    if (length === -1) {
      const errno = lastErrno();
      if (errno === EAGAIN || errno === EINTR) return undefined;
      throw new ErrnoError('recvmsg', errno, 'packet socket');
    }
    return this.readFrame(length);
  }

  /**
   * Sends `bytes`, from the destination address on, as they are. With a Linux stack at the other end of a veth, its
   * answer has often already arrived when this returns.
   *
   * @throws {ErrnoError} EMSGSIZE above the MTU; ENETDOWN if the interface is down, ENOBUFS if the veth's other end is;
   * ENXIO if the interface no longer exists
   */
  send(bytes: Uint8Array): void {
    if (bytes.length > MAX_FRAME)
      throw new ErrnoError('send', errnoNumber('EMSGSIZE') as number, `${bytes.length} bytes`);
    // Copied because a copy is cheaper than to ask for the address of yet another buffer.
    this.outgoing.set(bytes);
    if (send(this.fd, this.outgoingAddress, bytes.length, 0) === -1) {
      throw new ErrnoError('send', lastErrno(), `packet socket, ${bytes.length} bytes`);
    }
  }

  /** @throws {ErrnoError} */
  statistics(): PacketStatistics {
    const counters = Buffer.alloc(8);
    const length = Buffer.from(Uint32Array.of(counters.length).buffer);
    checked('getsockopt', getsockopt(this.fd, constants.SOL_PACKET, PACKET_STATISTICS, counters, length));
    // The kernel counts from the previous question.
    this.packets += counters.readUInt32LE(0);
    this.drops += counters.readUInt32LE(4);
    return { packets: this.packets, drops: this.drops };
  }

  /** Nothing else may be called afterwards; closing again does nothing. */
  close(): void {
    if (this.isOpen) close(this.fd);
    this.isOpen = false;
  }

  /** Ties the parts of the message header together, once for all calls. */
  private linkHeader(): void {
    const writeAddress = (offset: number, memory: Uint8Array) =>
      this.header.writeBigInt64LE(BigInt(addressOf(memory)), offset);
    this.vector.writeBigInt64LE(BigInt(addressOf(this.frame)), 0);
    this.vector.writeBigInt64LE(BigInt(this.frame.length), 8);
    writeAddress(0, this.name);
    writeAddress(16, this.vector);
    this.header.writeBigInt64LE(1n, 24);
    writeAddress(32, new Uint8Array(this.control.buffer));
  }

  private setOption(level: number, optname: number, value: number): number {
    const optval = Buffer.from(Int32Array.of(value).buffer);
    return checked('setsockopt', setsockopt(this.fd, level, optname, optval, optval.length), `option ${optname}`);
  }

  /** SO_RCVBUFFORCE ignores the system's limit but needs real root; SO_RCVBUF gives what the limit allows. */
  private setReceiveBuffer(bytes: number): void {
    try {
      this.setOption(constants.SOL_SOCKET, constants.SO_RCVBUFFORCE, bytes);
    } catch (error) {
      if (!(error instanceof ErrnoError) || error.code !== 'EPERM') throw error;
      this.setOption(constants.SOL_SOCKET, constants.SO_RCVBUF, bytes);
    }
  }

  private readFrame(length: number): ReceivedFrame {
    const words = this.control;
    let sec = 0;
    let nsec = 0;
    let status = 0;
    let vlan = 0;
    // Control messages: length (u64), level, type, then data; each starts at a multiple of 8 bytes.
    const end = (this.headerWords[CONTROLLEN] as number) / 4;
    for (let at = 0; at + 4 <= end; at += (((words[at] as number) + 7) >> 3) * 2) {
      const level = words[at + 2];
      const type = words[at + 3];
      if (level === constants.SOL_SOCKET && type === constants.SO_TIMESTAMPNS) {
        sec = words[at + 4] as number;
        nsec = words[at + 6] as number;
      } else if (level === constants.SOL_PACKET && type === PACKET_AUXDATA) {
        // struct tpacket_auxdata: status, len, snaplen (u32), mac, net, vlan_tci, vlan_tpid (u16).
        status = words[at + 4] as number;
        vlan = words[at + 8] as number;
      }
    }
    const captured = Math.min(length, MAX_FRAME);
    const tagged = (status & TP_STATUS_VLAN_VALID) !== 0;
    return {
      bytes: tagged ? this.copyWithTag(captured, vlan, status) : Buffer.from(this.frame.subarray(0, captured)),
      sec,
      nsec,
      originalLength: tagged ? length + 4 : length,
      checksumNotReady: (status & TP_STATUS_CSUMNOTREADY) !== 0,
      gso: (status & TP_STATUS_GSO_TCP) !== 0,
      vlanTci: tagged ? vlan & 0xffff : undefined,
      packetType: this.name[SLL_PKTTYPE] as number,
    };
  }

  private copyWithTag(length: number, vlan: number, status: number): Buffer {
    const bytes = Buffer.allocUnsafe(length + 4);
    this.frame.copy(bytes, 0, 0, 12);
    bytes.writeUInt16BE((status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? vlan >>> 16 : ETH_P_8021Q, 12);
    bytes.writeUInt16BE(vlan & 0xffff, 14);
    this.frame.copy(bytes, 16, 12, length);
    return bytes;
  }
}

const DEFAULT_RECEIVE_BUFFER = 16 << 20;
/** A veth's largest frame without BIG TCP: 64 KiB of payload and headers. */
const MAX_FRAME = 65536 + 256;
const CONTROL_SIZE = 128;
/** Indexes of 32-bit words in struct msghdr. */
const NAMELEN = 2;
const CONTROLLEN = 10;
/** Offset of sll_pkttype in struct sockaddr_ll. */
const SLL_PKTTYPE = 10;

const ETH_P_ALL = 0x0003;
const ETH_P_8021Q = 0x8100;
const PACKET_STATISTICS = 6;
const PACKET_AUXDATA = 8;
const PACKET_IGNORE_OUTGOING = 23;
const TP_STATUS_CSUMNOTREADY = 1 << 3;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;
const TP_STATUS_GSO_TCP = 1 << 8;
const RECEIVE_FLAGS = constants.MSG_DONTWAIT | constants.MSG_TRUNC;
const EAGAIN = errnoNumber('EAGAIN');
const EINTR = errnoNumber('EINTR');
