import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enum, type Field, MapField, parse, type ReflectionObject, Type } from 'protobufjs';

/** A .proto file as plain data. */
export interface ProtoDescriptor {
  readonly messages: Readonly<Record<string, readonly FieldDescriptor[]>>;
  /** Names of enumerations in the order of their numbers, which begin at 0 and leave none out. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

export interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  /**
   * A scalar type of protobuf, or the name of a message or enumeration of the descriptor; of a map the type of its
   * values.
   */
  readonly type: string;
  /** Keys of maps are always strings. */
  readonly label?: 'optional' | 'repeated' | 'map';
  readonly oneof?: string;
  readonly doc: string;
  /** The `@name value` lines of the comment. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Reads a .proto file. Parsing costs 30 ms and loading the parser twice that, too much for each start of an engine or
 * an agent, so the result is checked in as posix.proto.json. `node dist/dut/proto-descriptor.js` writes it; a test
 * fails when it is out of date.
 */
export function describeProto(text: string): ProtoDescriptor {
  const { root } = parse(text, { keepCase: true, alternateCommentMode: true });
  root.resolveAll();
  const messages: Record<string, FieldDescriptor[]> = {};
  const enums: Record<string, string[]> = {};
  visit(root, (object) => {
    if (object instanceof Type) messages[object.name] = object.fieldsArray.map(describeField);
    if (object instanceof Enum) {
      const names = Object.entries(object.values).sort((a, b) => a[1] - b[1]);
      if (names.some(([, number], index) => number !== index)) throw new Error(`enum ${object.name} has a gap`);
      enums[object.name] = names.map(([name]) => name);
    }
  });
  return { messages, enums };
}

function visit(object: ReflectionObject, visitor: (object: ReflectionObject) => void): void {
  visitor(object);
  if ('nestedArray' in object) {
    for (const nested of object.nestedArray as ReflectionObject[]) visit(nested, visitor);
  }
}

function describeField(field: Field): FieldDescriptor {
  const { doc, tags } = splitComment(field.comment ?? '');
  const isOptional = field.options?.proto3_optional === true;
  const label = field instanceof MapField ? 'map' : field.repeated ? 'repeated' : isOptional ? 'optional' : undefined;
  return {
    name: field.name,
    number: field.id,
    type: field.resolvedType?.name ?? field.type,
    ...(label === undefined ? {} : { label }),
    ...(field.partOf && !isOptional ? { oneof: field.partOf.name } : {}),
    doc,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

function splitComment(comment: string): { doc: string; tags: Record<string, string> } {
  const lines = comment.split('\n');
  const tags: Record<string, string> = {};
  for (const line of lines) {
    const tag = /^@(\w+)\s*(.*)$/.exec(line);
    if (tag) tags[tag[1] as string] = tag[2] as string;
  }
  const doc = lines.filter((line) => !line.startsWith('@')).join(' ');
  return { doc, tags };
}

if (require.main === module) {
  // Runs as dist/dut/proto-descriptor.js.
  const folder = join(__dirname, '../../dut');
  const $comment = 'Made from posix.proto by: node dist/dut/proto-descriptor.js';
  const descriptor = describeProto(readFileSync(join(folder, 'posix.proto'), 'utf8'));
  writeFileSync(join(folder, 'posix.proto.json'), `${JSON.stringify({ $comment, ...descriptor }, null, 2)}\n`);
}
