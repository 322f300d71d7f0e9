import { inNamespace, PacketSocket, type Timestamp } from '../../bindings';
import { decode, type Packet } from '../codec';
import type { Connection } from '../connections';
import { LabFailure, type LoggedFrame, type Where } from '../steps';
import { labTime } from './lab-clock';

/** The lab's one frame log, and the packet socket that feeds it. */
export class TestLink {
  readonly log: LoggedFrame[] = [];
  private readonly socket: PacketSocket;

  /**
   * Opens the bench's end of the test link.
   * @param namespaceFd the bench's network namespace
   */
  constructor(
    namespaceFd: number,
    ifindex: number,
    private readonly epoch: Timestamp,
    private readonly now: () => number,
  ) {
    this.socket = inNamespace(namespaceFd, () => new PacketSocket({ ifindex }));
  }

  get fd(): number {
    return this.socket.fd;
  }

  /** Takes the next frame that has arrived into the log; false when there is none. @throws LabFailure when the interface is gone. */
  receive(): boolean {
    try {
      const frame = this.socket.receive();
      if (frame === undefined) return false;
      const time = labTime(frame.sec, frame.nsec, this.epoch);
      this.log.push({ index: this.log.length, time, outgoing: false, packet: decode(frame.bytes) });
      return true;
    } catch (error) {
      throw linkFailure(error);
    }
  }

  send(bytes: Buffer, step: Where, connection?: Connection, packet?: Packet): LoggedFrame {
    // The kernel stamps a veth's frame within the call, some microseconds after its start.
    const time = this.now();
    try {
      this.socket.send(bytes);
    } catch (error) {
      throw linkFailure(error);
    }
    const frame = new SentFrame(this.log.length, time, bytes, step, connection, packet);
    this.log.push(frame);
    return frame;
  }

  /** Frames that the kernel dropped because the bench was too slow. */
  drops(): number {
    return this.socket.statistics().drops;
  }

  close(): void {
    this.socket.close();
  }
}

/** A frame that we sent; it is decoded when somebody wants to see it, which is after the answer has come. */
class SentFrame implements LoggedFrame {
  readonly outgoing = true;

  constructor(
    readonly index: number,
    readonly time: number,
    private readonly bytes: Buffer,
    readonly step: Where,
    readonly connection: Connection | undefined,
    private decoded: Packet | undefined,
  ) {}

  get packet(): Packet {
    this.decoded ??= decode(this.bytes);
    return this.decoded;
  }
}

function linkFailure(error: unknown): LabFailure {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  if (code === 'EMSGSIZE')
    return new LabFailure(`the frame does not fit the test link: ${message}`, {
      code: 'FRAME_TOO_LONG',
      fix: 'send a shorter frame, or raise lab.mtu',
    });
  return new LabFailure(`the test link failed: ${message}`, {
    code: 'LINK_DOWN',
    fix: 'something took the test interface down or away while the case ran; run it again, and look for what manages network interfaces here',
  });
}
