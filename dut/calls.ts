import { protoDescriptor } from './messages';
import type { FieldDescriptor } from './proto-descriptor';

/** What an author writes for a parameter, and what comes back in an output. */
export type ParamKind =
  | 'fd'
  | 'int'
  | 'flags'
  | 'constant'
  | 'address'
  | 'buffer'
  | 'length'
  | 'option'
  | 'optionValue'
  | 'pollfds'
  | 'duration'
  | 'string';

export interface ParamDescriptor {
  /** The key in a case, and the name of the field in posix.proto. */
  readonly key: string;
  readonly doc: string;
  readonly kind: ParamKind;
  /** Names of the groups of constants (bindings) that name its values. */
  readonly constants?: readonly string[];
  readonly required: boolean;
  /** What a parameter that is left out stands for, if it stands for a number. */
  readonly default?: number;
}

export interface OutputDescriptor {
  readonly key: string;
  readonly doc: string;
  readonly kind: ParamKind;
  readonly constants?: readonly string[];
  /** A list of values of that kind. */
  readonly isList: boolean;
}

/** What `gives` compares: `value` is the output of that name, or the C return value of a call without one. */
export type Returns = 'fd' | 'count' | 'zero' | 'value';

export interface CallDescriptor {
  /** The C name. */
  readonly name: string;
  readonly doc: string;
  /** Manual page, such as `bind(2)`. */
  readonly man: string;
  /** Whether it can block for some arguments. */
  readonly mayBlock: boolean;
  readonly returns: Returns;
  readonly params: readonly ParamDescriptor[];
  readonly outputs: readonly OutputDescriptor[];
}

/** Messages whose fields need no `@kind`. */
const kindsOfMessages: Readonly<Record<string, ParamKind>> = {
  Address: 'address',
  Memory: 'buffer',
  Option: 'option',
  OptionValue: 'optionValue',
  PollFd: 'pollfds',
};

/** All calls on a device under test, as posix.proto declares them. */
export const callDescriptors: readonly CallDescriptor[] = members('Request', 'call').map((call) => {
  const output = members('Reply', 'output').find(({ name }) => name === call.name);
  return {
    name: call.name,
    doc: call.doc,
    man: tag(call, 'man'),
    mayBlock: call.tags?.blocks !== undefined,
    returns: tag(call, 'returns') as Returns,
    params: fieldsOf(call.type).map(describeParam),
    outputs: output ? fieldsOf(output.type).map(describeOutput) : [],
  };
});

const callsByName = new Map(callDescriptors.map((call) => [call.name, call]));

/** The call of that C name. */
export function callDescriptor(name: string): CallDescriptor | undefined {
  return callsByName.get(name);
}

function members(message: string, oneof: string): FieldDescriptor[] {
  return fieldsOf(message).filter((field) => field.oneof === oneof);
}

function fieldsOf(message: string): readonly FieldDescriptor[] {
  const fields = protoDescriptor.messages[message];
  if (!fields) throw new Error(`posix.proto has no message ${message}`);
  return fields;
}

function tag(field: FieldDescriptor, name: string): string {
  const value = field.tags?.[name];
  if (value === undefined) throw new Error(`posix.proto: ${field.name} has no @${name}`);
  return value;
}

function describeParam(field: FieldDescriptor): ParamDescriptor {
  const preset = field.tags?.default;
  return {
    ...describeValue(field),
    required: field.label !== 'optional' && preset === undefined,
    ...(preset === undefined ? {} : { default: Number(preset) }),
  };
}

function describeOutput(field: FieldDescriptor): OutputDescriptor {
  return { ...describeValue(field), isList: field.label === 'repeated' };
}

function describeValue(field: FieldDescriptor): Pick<ParamDescriptor, 'key' | 'doc' | 'kind' | 'constants'> {
  const { name: key, type, tags } = field;
  const doc = field.doc === '' && tags?.kind === 'fd' ? 'The descriptor.' : field.doc;
  const kind = (tags?.kind ?? kindsOfMessages[type] ?? (type === 'string' ? 'string' : 'int')) as ParamKind;
  const constants = tags?.constants?.split(',');
  return { key, doc, kind, ...(constants === undefined ? {} : { constants }) };
}
