import {
  type AnyKind,
  enumeration,
  type FieldKind,
  hexBytes,
  isBits,
  type RecordValue,
  record,
  repeated,
  uint,
} from '../fields';

/** Types of the records in a version 3 membership report (RFC 3376 §4.2.12, RFC 3810 §5.2.12). */
const RECORD_TYPES = {
  mode_is_include: 1,
  mode_is_exclude: 2,
  change_to_include: 3,
  change_to_exclude: 4,
  allow_new_sources: 5,
  block_old_sources: 6,
} as const;

const HEADER_OCTETS = 4;
const AUX_UNIT = 4;

/**
 * The group records of an IGMPv3 or MLDv2 report. Each says by its own lengths where it ends; what is no whole record is
 * left to the payload.
 */
export function groupRecords(address: AnyKind): FieldKind<readonly RecordValue[]> {
  const addressOctets = isBits(address.layout) ? address.layout.bits / 8 : (address.layout.octets as number);
  const sources = repeated(address, addressOctets);
  const auxData = hexBytes('rest', { unit: AUX_UNIT });
  const head = record([
    { key: 'type', kind: enumeration(8, RECORD_TYPES), doc: 'Record Type.' },
    { key: 'aux_len', kind: uint(8), doc: 'Aux Data Len, in 32-bit words. Unset: as many as aux_data has.' },
    { key: 'num_sources', kind: uint(16), doc: 'Number of Sources. Unset: as many as there are.' },
    { key: 'address', kind: address, doc: 'Multicast Address.' },
    { key: 'sources', kind: sources, doc: 'Source Addresses.' },
    { key: 'aux_data', kind: auxData, doc: 'Auxiliary Data, a multiple of 4 octets.' },
  ]);
  const list = repeated(head, 1);
  const fixedOctets = HEADER_OCTETS + addressOctets;
  const octetsOf = (value: RecordValue): number =>
    fixedOctets +
    ((value.sources as unknown[] | undefined)?.length ?? 0) * addressOctets +
    ((value.aux_data as Buffer | undefined)?.length ?? 0);
  const whole = head.layout as Extract<typeof head.layout, { octets: unknown }>;
  return {
    ...list,
    name: 'group records',
    layout: {
      octets: 'rest',
      decode(bytes, start, end) {
        const records: RecordValue[] = [];
        let offset = start;
        while (offset + fixedOctets <= end) {
          const sourcesStart = offset + fixedOctets;
          const auxStart =
            sourcesStart + ((bytes[offset + 2] as number) * 256 + (bytes[offset + 3] as number)) * addressOctets;
          const stop = auxStart + (bytes[offset + 1] as number) * AUX_UNIT;
          if (stop > end) break;
          const fields = whole.decode(bytes, offset, sourcesStart);
          const read = sources.layout as Extract<typeof sources.layout, { octets: unknown }>;
          records.push({
            ...fields,
            sources: read.decode(bytes, sourcesStart, auxStart),
            aux_data: bytes.subarray(auxStart, stop),
          });
          offset = stop;
        }
        return records;
      },
      encode(records, bytes, start) {
        let offset = start;
        for (const value of records) {
          const auxLength = ((value.aux_data as Buffer | undefined)?.length ?? 0) / AUX_UNIT;
          const sourceCount = (value.sources as unknown[] | undefined)?.length ?? 0;
          whole.encode({ aux_len: auxLength, num_sources: sourceCount, ...value }, bytes, offset);
          offset += octetsOf(value);
        }
      },
      octetLength: (records) => records.reduce((sum, value) => sum + octetsOf(value), 0),
    },
    examples: [
      [],
      [
        {
          type: 'change_to_exclude',
          address: address.examples[0],
          sources: [address.examples[0]],
          aux_data: '00010203',
        },
      ],
    ],
  };
}
