import { Duration, Timestamp } from './time';

/**
 * A CEL type by its name: `int double bool string bytes duration timestamp dyn`, `list<T>`, `map<K, V>`, or the name of
 * an {@link ObjectType}. `dyn` is "known only when it runs".
 */
export type ExpressionType = string;

/** One field of an object type. */
export interface ObjectField {
  readonly type: ExpressionType;
  readonly doc: string;
  /** Reads it from the engine's object; without it the property of the same name is read. `undefined`: not there. */
  readonly read?: (target: never) => unknown;
}

/** A kind of thing with named fields, such as a frame or a connection. */
export interface ObjectType {
  readonly name: string;
  readonly doc: string;
  readonly fields: Readonly<Record<string, ObjectField>>;
  /** Further fields of the engine's object; with it any field may be read, and all are `dyn` before the run. */
  readonly more?: (target: never) => Readonly<Record<string, unknown>>;
}

/** Turns an engine's value into one that CEL computes with, and back. */
export type Converter = (value: unknown) => unknown;

const target = Symbol('target');

/** CEL's side of an engine's object; fields are converted when they are read. */
export class View {
  readonly [target]: object;

  constructor(object: object) {
    this[target] = object;
  }
}

type ViewClass = new (object: object) => View;

/** Converters between the engine's values and CEL's, directed by type, for one set of object types. */
export class Conversions {
  readonly #views: Map<string, ViewClass>;
  readonly #converters = new Map<ExpressionType, Converter>([
    ['int', toInt],
    ['double', toDouble],
    ['duration', toDuration],
    ['timestamp', toTimestamp],
    ['bool', unchanged],
    ['string', unchanged],
    ['bytes', unchanged],
  ]);

  /**
   * @param typeOf tells the object type of an engine's object where only `dyn` is declared.
   * @param base whose object types are known too.
   */
  constructor(
    types: readonly ObjectType[],
    private readonly typeOf: (value: object) => string | undefined,
    base?: Conversions,
  ) {
    this.#views = new Map(base === undefined ? [] : base.#views);
    for (const type of types) this.#views.set(type.name, this.#defineView(type));
  }

  viewClass(typeName: string): ViewClass {
    const view = this.#views.get(typeName);
    if (view === undefined) throw new Error(`no object type ${typeName}`);
    return view;
  }

  /** The converter of engine's values declared as `type`. */
  toCel(type: ExpressionType): Converter {
    const known = this.#converters.get(type);
    if (known !== undefined) return known;
    const converter = this.#makeConverter(type);
    this.#converters.set(type, converter);
    return converter;
  }

  #makeConverter(type: ExpressionType): Converter {
    const view = this.#views.get(type);
    if (view !== undefined) return (value) => (value instanceof View ? value : new view(value as object));
    const element = /^list<(.+)>$/.exec(type)?.[1];
    if (element !== undefined) {
      const convert = this.toCel(element);
      return (value) => Array.from(value as Iterable<unknown>, convert);
    }
    return (value) => this.#anyToCel(value);
  }

  #anyToCel(value: unknown): unknown {
    switch (typeof value) {
      case 'number':
        return Number.isInteger(value) ? BigInt(value) : value;
      case 'undefined':
        return null;
      case 'object':
        return value === null ? null : this.#objectToCel(value);
      default:
        return value;
    }
  }

  #objectToCel(value: object): unknown {
    if (value instanceof View || value instanceof Uint8Array) return value;
    if (value instanceof Duration || value instanceof Timestamp) return value;
    if (Array.isArray(value)) return value.map((item) => this.#anyToCel(item));
    const typeName = this.typeOf(value);
    if (typeName !== undefined) return this.toCel(typeName)(value);
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) copy[key] = this.#anyToCel(item);
    return copy;
  }

  #defineView(type: ObjectType): ViewClass {
    const { more } = type;
    const conversions = this;
    class ObjectView extends View {
      constructor(object: object) {
        super(object);
        if (more === undefined) return;
        for (const [key, value] of Object.entries(more(object as never))) {
          if (!(key in this)) Object.defineProperty(this, key, { value: conversions.#anyToCel(value) });
        }
      }
    }
    for (const [key, field] of Object.entries(type.fields)) {
      const read = field.read ?? ((object: never) => object[key]);
      const mayBeNull = field.type === 'dyn';
      let convert: Converter | undefined;
      Object.defineProperty(ObjectView.prototype, key, {
        get(this: View) {
          const value = read(this[target] as never);
          if (value === undefined || (value === null && !mayBeNull)) return undefined;
          convert ??= conversions.toCel(field.type);
          return convert(value);
        },
      });
    }
    return ObjectView;
  }
}

/** The engine's form of a value of CEL: safe integers are numbers, views the objects they show. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof View) return value[target];
  if (Array.isArray(value)) return value.map(fromCel);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = fromCel(item);
  return copy;
}

/** The type of a literal value, as precise as a list or map of one type allows. */
export function typeOfValue(value: unknown): ExpressionType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'double';
    default:
      if (value instanceof Uint8Array) return 'bytes';
      if (value instanceof Duration) return 'duration';
      if (value instanceof Timestamp) return 'timestamp';
      if (Array.isArray(value)) return `list<${commonType(value.map(typeOfValue))}>`;
      if (typeof value !== 'object' || value === null) return 'dyn';
      return 'map<string, dyn>';
  }
}

/** The one type of all, or `dyn`. */
export function commonType(types: readonly ExpressionType[]): ExpressionType {
  const [first] = types;
  return first !== undefined && types.every((type) => type === first) ? first : 'dyn';
}

function unchanged(value: unknown): unknown {
  return value;
}

function toInt(value: unknown): unknown {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}

function toDouble(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function toDuration(value: unknown): unknown {
  return typeof value === 'number' ? new Duration(value) : value;
}

function toTimestamp(value: unknown): unknown {
  return typeof value === 'number' ? new Timestamp(value) : value;
}
