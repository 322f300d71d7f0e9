import { type OptionValue, serialNumber, tcpFlags, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { tcpOptions } from './tcp-options';

export const tcp: LayerDescriptor = {
  key: 'tcp',
  name: 'Transmission Control Protocol',
  spec: 'RFC 9293',
  doc: 'A TCP segment. On a connection its numbers are relative to the initial ones and unset fields follow from the state.',
  fields: [
    {
      key: 'srcport',
      rfcName: 'Source Port',
      section: 'RFC 9293 §3.1',
      doc: 'The port of who sent the segment.',
      kind: uint(16),
    },
    {
      key: 'dstport',
      rfcName: 'Destination Port',
      section: 'RFC 9293 §3.1',
      doc: 'The port of who is to receive it.',
      kind: uint(16),
    },
    {
      key: 'seq',
      rfcName: 'Sequence Number',
      section: 'RFC 9293 §3.1',
      doc: 'Of the first octet of data, or of the SYN. On a connection relative to the initial sequence number.',
      kind: serialNumber(),
    },
    {
      key: 'ack',
      rfcName: 'Acknowledgment Number',
      section: 'RFC 9293 §3.1',
      doc: "The next sequence number expected. On a connection relative to the peer's initial one.",
      kind: serialNumber(),
    },
    {
      key: 'hdr_len',
      rfcName: 'Data Offset',
      section: 'RFC 9293 §3.1',
      doc: 'Where the data begin.',
      unit: 'octets, a multiple of 4 (the wire has 32-bit words)',
      kind: uint(4, { scale: 4 }),
      default: { rule: 'headerLength' },
    },
    {
      key: 'reserved',
      rfcName: 'Reserved',
      section: 'RFC 9293 §3.1',
      doc: 'Must be zero.',
      kind: uint(3),
    },
    {
      key: 'flags',
      rfcName: 'Control Bits',
      section: 'RFC 9293 §3.1',
      doc: 'SYN, FIN, RST, PSH, ACK, URG, ECE, CWR, and AE (RFC 9768).',
      kind: tcpFlags,
    },
    {
      key: 'window',
      rfcName: 'Window',
      section: 'RFC 9293 §3.1',
      doc: 'The 16 bits on the wire: octets that the sender takes, before scaling; 65535 unless set.',
      unit: 'octets shifted right by the window scale',
      kind: uint(16),
      default: 65535,
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 9293 §3.1',
      doc: 'Of pseudo-header, header and data.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all', pseudoHeader: true },
    },
    {
      key: 'urgent_pointer',
      rfcName: 'Urgent Pointer',
      section: 'RFC 9293 §3.1',
      doc: 'Where urgent data end, from the sequence number; counts only with URG.',
      unit: 'octets',
      kind: uint(16),
    },
    {
      key: 'options',
      rfcName: 'Options',
      section: 'RFC 9293 §3.2',
      doc: 'Filled up with zero octets to a multiple of 4. In an expectation a list is exact and in order.',
      kind: tcpOptions,
    },
    {
      key: 'seq_raw',
      rfcName: 'Sequence Number',
      section: 'RFC 9293 §3.1',
      doc: "The number on the wire, where a connection's is relative.",
      kind: serialNumber(),
      virtual: { of: 'seq' },
    },
    {
      key: 'ack_raw',
      rfcName: 'Acknowledgment Number',
      section: 'RFC 9293 §3.1',
      doc: "The number on the wire, where a connection's is relative.",
      kind: serialNumber(),
      virtual: { of: 'ack' },
    },
    {
      key: 'window_size',
      rfcName: 'SND.WND / RCV.WND',
      section: 'RFC 7323 §2.3',
      doc: 'The window after scaling, on a connection that saw both scales.',
      unit: 'octets',
      kind: uint(32),
      virtual: {},
    },
  ],
  under: { ipProtocol: 'tcp' },
  summary(fields) {
    const parts = [`${fields.srcport} > ${fields.dstport}`];
    if (fields.flags !== undefined) parts.push(tcpFlags.format(fields.flags as number));
    if (fields.seq !== undefined) parts.push(`seq ${fields.seq}`);
    if (((fields.flags as number) & 0x10) !== 0) parts.push(`ack ${fields.ack}`);
    if (fields.window !== undefined) parts.push(`win ${fields.window}`);
    const options = fields.options as readonly OptionValue[] | undefined;
    if (options !== undefined && options.length > 0) parts.push(tcpOptions.format(options));
    return parts.join(' ');
  },
  example: { srcport: 40000, dstport: 80, flags: 'SYN', seq: 0, options: [{ mss: 1460 }, 'nop', { wscale: 7 }] },
};
