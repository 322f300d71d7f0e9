/**
 * Value kinds: how one sort of field value is written by an author, lies on the wire, is compared and is shown.
 *
 * A protocol's table (engine/layers) only names kinds; every behaviour of a value is here, and codec walks it. Values are
 * canonical: numbers for everything up to 48 bits (also IPv4 and MAC addresses), octets for IPv6 addresses and payloads,
 * `{ name, value? }[]` for option lists. Parsers note problems as data in a ParseContext and never throw; decoders never
 * throw and lose nothing, so that decoding and encoding again gives the same octets.
 *
 * To add a kind: one file that makes a FieldKind, one line here, and its row in kinds.test.ts.
 */
export { formatIpv4, formatIpv6, formatMac, ipv4, ipv6, mac, readIpv4, readIpv6, readMac } from './address';
export { boolean } from './boolean';
export { hexBytes, payloadBytes, payloadForms } from './bytes';
export { readNumber, writeNumber } from './content';
export { dependentEnumeration, enumeration, type NumberTable } from './enumeration';
export { FieldProblem, type FieldProblemCode, formatPath, type Path } from './field-problem';
export { type FlagTable, flags } from './flags';
export { foldChecksum, internetChecksum, sumWords, sumWordsOf } from './internet-checksum';
export {
  type AnyKind,
  type BitsLayout,
  type ExpressionType,
  type FieldKind,
  isBits,
  type JsonSchema,
  type Layout,
  type MatcherDefinition,
  type OctetsLayout,
} from './kind';
export { ABSENT, accepts, formatValue, Matcher, matcherSchema, PRESENT, parseValue, UNKNOWN } from './matcher';
export { nearestName, oneOf, suggestName } from './nearest-name';
export { describeOption, optionList } from './option-list';
export { type OptionDefinition, type OptionListFormat, type OptionValue, padWithZeros } from './option-octets';
export { formatAuthored, isMap, type Mode, ParseContext, type ParseOptions, type RandomBytes } from './parse-context';
export { optional, pair, type RecordMember, type RecordValue, record, repeated } from './record';
export { formatTcpFlags, parseTcpFlags, TCP_FLAGS, tcpFlags } from './tcp-flags';
export { parseInteger, serialNumber, uint } from './uint';
