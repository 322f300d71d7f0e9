import { enumeration, formatIpv4, ipv4, optional, type RecordValue, record, repeated, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { groupRecords } from './group-records';

const TYPES = {
  membership_query: 0x11,
  v1_membership_report: 0x12,
  v2_membership_report: 0x16,
  v2_leave_group: 0x17,
  v3_membership_report: 0x22,
} as const;

/** Messages that have a group address in the place where a version 3 report counts its records. */
const WITH_GROUP = [
  TYPES.membership_query,
  TYPES.v1_membership_report,
  TYPES.v2_membership_report,
  TYPES.v2_leave_group,
];

const types = enumeration(8, TYPES);
const records = groupRecords(ipv4);

export const igmp: LayerDescriptor = {
  key: 'igmp',
  name: 'Internet Group Management Protocol',
  spec: 'RFC 3376',
  doc: 'IGMP of all versions. Send it with ip.ttl 1.',
  fields: [
    {
      key: 'type',
      rfcName: 'Type',
      section: 'RFC 3376 §4',
      doc: 'membership_query unless set.',
      kind: types,
      default: TYPES.membership_query,
    },
    {
      key: 'max_resp',
      rfcName: 'Max Resp Code',
      section: 'RFC 3376 §4.1.1',
      doc: 'Within which time to answer a query; reserved in other messages.',
      unit: 'tenths of a second; above 127 a floating-point code',
      kind: uint(8),
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 3376 §4.1.2',
      doc: 'Of the whole message.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all' },
    },
    {
      key: 'maddr',
      rfcName: 'Group Address',
      section: 'RFC 3376 §4.1.3',
      doc: 'The group; 0.0.0.0 in a general query.',
      kind: ipv4,
      when: { field: 'type', in: WITH_GROUP },
    },
    {
      key: 'query',
      rfcName: 'Version 3 query',
      section: 'RFC 3376 §4.1',
      doc: 'What only a query of version 3 has after the group address.',
      kind: optional(
        record([
          { key: 'flags', kind: uint(8), doc: 'Four bits reserved, the S flag, three bits QRV.' },
          { key: 'qqic', kind: uint(8), doc: "QQIC: the querier's interval." },
          {
            key: 'num_sources',
            kind: uint(16),
            doc: 'Number of Sources. Unset: as many as there are.',
            countOf: 'sources',
          },
          { key: 'sources', kind: repeated(ipv4, 4), doc: 'Source Addresses.' },
        ]),
        4,
      ),
      when: { field: 'type', in: [TYPES.membership_query] },
    },
    {
      key: 'reserved',
      rfcName: 'Reserved',
      section: 'RFC 3376 §4.2.1',
      doc: 'Must be zero.',
      kind: uint(16),
      when: { field: 'type', in: [TYPES.v3_membership_report] },
    },
    {
      key: 'num_records',
      rfcName: 'Number of Group Records',
      section: 'RFC 3376 §4.2.3',
      doc: 'Unset: as many as there are.',
      kind: uint(16),
      default: { rule: 'count', of: 'records' },
      when: { field: 'type', in: [TYPES.v3_membership_report] },
    },
    {
      key: 'records',
      rfcName: 'Group Records',
      section: 'RFC 3376 §4.2.4',
      doc: 'The groups and their sources.',
      kind: records,
      when: { field: 'type', in: [TYPES.v3_membership_report] },
    },
    {
      key: 'rest',
      rfcName: 'Rest of the header',
      section: 'RFC 3376 §4',
      doc: 'The second 32 bits of a message of another type.',
      kind: uint(32),
      when: { field: 'type', notIn: [...WITH_GROUP, TYPES.v3_membership_report] },
    },
  ],
  under: { ipProtocol: 'igmp' },
  summary(fields) {
    const parts = [types.format(fields.type as number)];
    if (fields.maddr !== undefined) parts.push(formatIpv4(fields.maddr as number));
    if (fields.records !== undefined) parts.push(records.format(fields.records as readonly RecordValue[]));
    return parts.join(' ');
  },
  example: { type: 'v2_membership_report', maddr: '239.1.2.3' },
};
