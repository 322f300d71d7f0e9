/**
 * Packets by reflection: everything that can be done with any header, each one a function that walks field tables
 * (engine/layers) and knows no protocol. Tables are compiled once, at start, into functions specialised for their fields.
 *
 * Unset means "defaulted or computed from the neighbours" in what is sent and "don't care" in what is expected; what is set
 * always wins, also if it is wrong. Authored values come in through parseLayers, which notes all problems as data; from then
 * on values are canonical (engine/fields). Decoding never throws; decoding and encoding again gives the same octets.
 *
 * Nothing is added here for a new protocol. Whoever adds a function tests it as a law over all of layerDescriptors.
 */
export type { FieldProblem, Mode, ParseOptions, RandomBytes } from '../fields';
export { formatPath, Matcher } from '../fields';
export { type FieldDescriptor, ICMP_ERRORS, type IcmpError, type LayerDescriptor, layerDescriptors } from '../layers';
export type { Matched } from './align';
export { type ChecksumProblem, checksumProblems } from './checksum';
export { layerDescriptor } from './compiled-layers';
export { decode, templatesOf } from './decode';
export { describe, describeTemplate } from './describe';
export { diff, type FieldDifference } from './diff';
export { encode } from './encode';
export { expressionValues } from './expression-values';
export { type FragmentOptions, fragment, fragmentIdent, reassemble } from './fragment';
export { match } from './match';
export { mergeLayers } from './merge';
export type { Layer, LayerTemplate, Packet } from './packet';
export { parseField, parseLayers } from './parse';
export { type QuoteOptions, quote } from './quote';
export { describeField, describeProtocol, expressionSchema, fieldSchema, layerSchema } from './schema';
