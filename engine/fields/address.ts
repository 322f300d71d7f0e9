import ipaddr from 'ipaddr.js';
import type { FieldKind } from './kind';
import { numberMatchers } from './number-matchers';
import type { ParseContext } from './parse-context';

/** An IPv4 address in four decimal parts; the value is the 32-bit number. */
export const ipv4: FieldKind<number> = numericAddress({
  name: 'ipv4',
  doc: 'An IPv4 address, such as 192.0.2.1.',
  bits: 32,
  read: readIpv4,
  expected: 'an IPv4 address such as 192.0.2.1',
  format: formatIpv4,
  pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$',
  examples: ['192.0.2.1', '255.255.255.255'],
});

/** A MAC address in six hexadecimal parts; the value is the 48-bit number. */
export const mac: FieldKind<number> = numericAddress({
  name: 'mac',
  doc: 'A MAC address, such as 02:00:00:00:00:01.',
  bits: 48,
  read: readMac,
  expected: 'a MAC address such as 02:00:00:00:00:01',
  format: formatMac,
  pattern: '^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$',
  examples: ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff'],
});

/** An IPv6 address as RFC 4291 §2.2 writes it, without a zone; the value is its 16 octets. */
export const ipv6: FieldKind<Uint8Array> = {
  name: 'ipv6',
  doc: 'An IPv6 address, such as 2001:db8::1.',
  layout: {
    octets: 16,
    decode: (bytes, start, end) => bytes.subarray(start, end),
    encode(value, bytes, start) {
      for (let index = 0; index < 16; index++) bytes[start + index] = value[index] as number;
    },
    octetLength: () => 16,
  },
  expressionType: 'string',
  matchers: {},
  parse(authored, context) {
    if (authored instanceof Uint8Array && authored.length === 16) return authored;
    const value = typeof authored === 'string' ? readIpv6(authored) : undefined;
    return value ?? wrongAddress(authored, context, 'an IPv6 address such as 2001:db8::1');
  },
  format: formatIpv6,
  equals: equalOctets,
  schema: () => ({ type: 'string', pattern: '^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$' }),
  toExpression: formatIpv6,
  examples: ['2001:db8::1', '::'],
};

/** The 32-bit number of four decimal parts without leading zeros; undefined for all else that inet_aton would take. */
export function readIpv4(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return text.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

/** The 16 octets of an IPv6 address without a zone, else undefined. */
export function readIpv6(text: string): Uint8Array | undefined {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** @see RFC 5952 */
export function formatIpv6(value: Uint8Array): string {
  const parts: number[] = [];
  for (let index = 0; index < 16; index += 2)
    parts.push(((value[index] as number) << 8) | (value[index + 1] as number));
  const address = new ipaddr.IPv6(parts);
  return address.isIPv4MappedAddress() ? `::ffff:${address.toIPv4Address().toString()}` : address.toRFC5952String();
}

export function readMac(text: string): number | undefined {
  return /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined;
}

export function formatMac(value: number): string {
  return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');
}

function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

interface NumericAddress {
  readonly name: string;
  readonly doc: string;
  readonly bits: number;
  readonly read: (text: string) => number | undefined;
  readonly expected: string;
  readonly format: (value: number) => string;
  readonly pattern: string;
  readonly examples: readonly string[];
}

function numericAddress(address: NumericAddress): FieldKind<number> {
  const base = {
    parse(authored: unknown, context: ParseContext): number | undefined {
      const value = typeof authored === 'string' ? address.read(authored) : undefined;
      return value ?? wrongAddress(authored, context, address.expected);
    },
    format: address.format,
    schema: () => ({ type: 'string', pattern: address.pattern }),
  };
  const { min, max } = numberMatchers(base) as Required<ReturnType<typeof numberMatchers>>;
  return {
    ...base,
    name: address.name,
    doc: address.doc,
    layout: { bits: address.bits },
    expressionType: 'string',
    matchers: { min, max } as FieldKind['matchers'],
    equals: (a, b) => a === b,
    toExpression: address.format,
    examples: address.examples,
  };
}

function wrongAddress(authored: unknown, context: ParseContext, expected: string): undefined {
  if (typeof authored !== 'string') return context.wrong('WRONG_TYPE', expected, authored);
  return context.wrong('BAD_ADDRESS', expected, authored, suggestAddress(authored, expected));
}

function suggestAddress(authored: string, expected: string): string | undefined {
  const isMac = expected.includes('MAC');
  if (isMac) {
    const digits = authored.replaceAll(/[^0-9A-Fa-f]/g, '');
    return digits.length === 12 ? `write ${(digits.match(/../g) ?? []).join(':')}` : undefined;
  }
  if (authored.includes('%')) return 'leave out the zone: a packet has none';
  if (readIpv4(authored) !== undefined) return 'this is an IPv4 address: write the layer ip, or an IPv6 address';
  if (readIpv6(authored) !== undefined) return 'this is an IPv6 address: write the layer ipv6, or an IPv4 address';
  if (expected.includes('IPv6')) return undefined;
  return 'write four decimal parts from 0 to 255 without leading zeros';
}
