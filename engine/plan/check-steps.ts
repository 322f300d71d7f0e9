import { celNames, commonType, type ExpressionType, nearest, reservedWords } from '../expressions';
import { type Mistake, problemAt } from '../loader';
import type { CheckedStep, Made, NameKind, NameMention, Need, RawStep, StepDefinition, Template } from '../steps';
import { isExpression, isMap, type Path } from './authored';
import { type KnownName, kindTypes, type NameScope } from './names';
import { compileTemplate, type TemplateContext, typeOfTemplate } from './templates';

/** What checking steps needs. */
export interface StepsContext extends TemplateContext {
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly constants: Readonly<Record<string, unknown>>;
  /** Notes a name that was made. */
  declared(known: KnownName & { readonly path: Path }): void;
}

/** Names that stand for something everywhere, so nothing else can be called so. */
const languageNames: ReadonlySet<string> = new Set(['dut', 'bench', 'net', 'row', 'it']);

const needs: Readonly<Record<Need, { what: string; many: string; key: 'on' | 'fd'; made: string }>> = {
  connection: { what: 'connection', many: 'connections', key: 'on', made: 'connection: {}' },
  socket: { what: 'socket', many: 'sockets', key: 'fd', made: 'dut: accept, dut: socket or bound: {}' },
  listener: { what: 'listening socket', many: 'listening sockets', key: 'fd', made: 'listener: {}' },
};

const timeKinds: readonly NameKind[] = ['frame', 'call'];

/**
 * Checks a list of steps in order and compiles their expressions. Each step adds the names that it makes to `scope`, so
 * that a later step, and no earlier one, can use them.
 */
export function checkSteps(authored: unknown, path: Path, scope: NameScope, context: StepsContext): CheckedStep[] {
  if (!Array.isArray(authored)) return [];
  for (const { name } of namesMadeIn(authored, context)) {
    scope.hide(name, `"${name}" is used before the step that makes it`);
  }
  return authored.flatMap((step: unknown, index) => {
    if (!isMap(step)) return [];
    const definition = definitionOf(step, context);
    // A step without a known verb is the schema's error.
    if (definition === undefined) return [];
    return [new StepCheck(definition, step, [...path, index], scope, context).check()];
  });
}

/**
 * Declares a name unless it is taken or cannot be one.
 *
 * @param place where to point when it cannot be; `path` is where the name counts as made.
 */
export function declareName(
  known: KnownName & { readonly path: Path },
  place: { path: Path; at?: 'key' | 'value'; isDefault?: boolean },
  scope: NameScope,
  context: StepsContext,
): void {
  const { name } = known;
  const report = (mistake: Omit<Mistake, 'path' | 'at'>): void => {
    context.problems.push(problemAt(context.document, { ...mistake, path: place.path, at: place.at }));
  };
  const taken = scope.find(name);
  if (
    reservedWords.has(name) ||
    celNames.has(name) ||
    languageNames.has(name) ||
    Object.hasOwn(context.constants, name)
  ) {
    const why = Object.hasOwn(context.constants, name)
      ? 'a constant'
      : languageNames.has(name)
        ? 'a name of the language'
        : 'a reserved word of the expression language';
    report({ code: 'NAME_RESERVED', message: `"${name}" is ${why}`, got: name, fix: 'choose another name' });
  } else if (taken !== undefined) {
    const line = taken.path === undefined ? undefined : context.document.locate(taken.path).line;
    report({
      code: 'NAME_TAKEN',
      message: `"${name}" is made twice`,
      expected: 'a name of its own for each thing',
      got: `${name}${line === undefined ? '' : `, made before in line ${line}`}`,
      fix: place.isDefault === true ? 'give this one a name with as:' : 'choose another name',
    });
  } else {
    scope.declare(known);
    context.declared(known);
  }
}

/** One step's check. */
class StepCheck {
  constructor(
    private readonly definition: StepDefinition,
    private readonly step: RawStep,
    private readonly path: Path,
    private readonly scope: NameScope,
    private readonly context: StepsContext,
  ) {}

  check(): CheckedStep {
    const { definition, step, context } = this;
    for (const mistake of definition.check?.(step) ?? []) this.report(mistake);
    const mentions = definition.names?.(step) ?? [];
    for (const { role, name, kind, path } of mentions) if (role === 'use') this.use(name, [kind], path);
    if (step.since !== undefined && step.since !== 'start') this.use(step.since, timeKinds, ['since']);
    const on = this.connection();
    const fd = this.socket();
    const makes = mentions.filter(({ role }) => role === 'make');
    const keys = this.compileKeys();
    const isBlock = definition.blocks !== undefined;
    const scope = isBlock ? this.scope.inner() : this.scope;
    const late = new Set(definition.lateKeys);
    let value = this.compileValue(makes, scope, (key) => !late.has(key));
    const blocks = isBlock ? this.checkBlocks(scope) : undefined;
    if (late.size > 0) value = this.compileLate(value, late, scope);
    const as = this.makeAs();
    if (fd !== undefined && definition.listens?.(step) === true) {
      const socket = this.scope.find(fd);
      if (socket !== undefined) socket.listens = true;
    }
    const where = { file: context.document.file, path: this.path };
    return { verb: definition.verb, definition, value, keys, where, on, fd, as, blocks };
  }

  private report(mistake: Mistake): void {
    const { document, problems } = this.context;
    problems.push(problemAt(document, { ...mistake, path: [...this.path, ...mistake.path] }));
  }

  /** Looks up a name that stands as a plain word; an expression in its place was checked as one. */
  private use(authored: unknown, kinds: readonly NameKind[], path: Path): string | undefined {
    if (typeof authored !== 'string') return undefined;
    const name = isExpression(authored) ? /^=\s*([A-Za-z_]\w*)\s*$/.exec(authored)?.[1] : authored;
    if (name === undefined) return undefined;
    const known = kinds.includes('call') ? this.scope.findCall(name) : this.scope.find(name);
    if (known === undefined) {
      if (!isExpression(authored)) this.reportUnknown(name, kinds, path);
      return undefined;
    }
    this.context.used(known);
    if (!kinds.some((kind) => isOfKind(known, kind))) {
      this.report({
        code: 'WRONG_KIND',
        message: `"${name}" is a ${kindWord(known)}, not a ${kinds.join(' or ')}`,
        path,
        expected: this.namesOf(kinds) === '' ? `a ${kinds.join(' or ')}` : `one of ${this.namesOf(kinds)}`,
        got: name,
      });
      return undefined;
    }
    return name;
  }

  private reportUnknown(name: string, kinds: readonly NameKind[], path: Path): void {
    const reason = this.scope.reasonHidden(name);
    const near = nearest(
      name,
      [...this.scope.all()].filter((known) => kinds.some((kind) => isOfKind(known, kind))).map((known) => known.name),
    );
    const known = this.namesOf(kinds);
    this.report({
      code: reason === undefined ? 'UNKNOWN_NAME' : 'NAME_NOT_MADE',
      message: reason ?? `no ${kinds[0]} is called "${name}" here`,
      path,
      expected:
        reason !== undefined ? undefined : known === '' ? `a ${kinds[0]} made by an earlier step` : `one of ${known}`,
      got: name,
      fix: reason === undefined && near !== undefined ? `write ${near}` : undefined,
    });
  }

  private namesOf(kinds: readonly NameKind[]): string {
    const known = [...this.scope.all()].filter((each) =>
      kinds.some((kind) => isOfKind(each, kind) && each.type !== 'dyn'),
    );
    return known.map(({ name }) => name).join(', ');
  }

  private connection(): string | undefined {
    if (this.step.on !== undefined) return this.use(this.step.on, ['connection'], ['on']);
    return this.need === 'connection' ? this.theOnly('connection') : undefined;
  }

  private socket(): string | undefined {
    const { fd } = this.step;
    if (fd !== undefined) return this.use(fd, ['socket'], ['fd']);
    return this.need === 'socket' || this.need === 'listener' ? this.theOnly(this.need) : undefined;
  }

  private get need(): Need | undefined {
    const { needs: need } = this.definition;
    return typeof need === 'function' ? need(this.step) : need;
  }

  /** The thing meant where `on` or `fd` is left out. */
  private theOnly(need: Need): string | undefined {
    const { what, many, key, made } = needs[need];
    const candidates = [...this.scope.all()].filter(
      (known) =>
        known.kind === (need === 'connection' ? 'connection' : 'socket') &&
        (need === 'connection' || (known.listens ?? false) === (need === 'listener')),
    );
    const [first] = candidates;
    if (first !== undefined && candidates.length === 1) {
      this.context.used(first);
      return first.name;
    }
    const { verb } = this.definition;
    const value = this.step[verb];
    const shown = typeof value === 'string' ? `${verb}: ${value}` : verb;
    if (first === undefined) {
      this.report({
        code: 'NOTHING_TO_USE',
        message: `"${shown}" needs a ${what}, and none has been made`,
        path: [],
        expected: `a step before it that makes one: ${made}`,
        got: 'none',
      });
    } else {
      const names = candidates.map(({ name }) => name).join(', ');
      this.report({
        code: 'NAME_AMBIGUOUS',
        message: `"${shown}" could mean one of ${candidates.length} ${many}`,
        path: [],
        expected: `${key}: with one of ${names}`,
        got: `no ${key}:`,
        fix: `write ${key}: ${candidates.at(-1)?.name}, or another of them`,
      });
    }
    return undefined;
  }

  private compileKeys(): Readonly<Record<string, Template>> {
    const keys: Record<string, Template> = {};
    const { verb, blocks = [] } = this.definition;
    for (const [key, authored] of Object.entries(this.step)) {
      if (key === verb || blocks.includes(key)) continue;
      keys[key] = compileTemplate(authored, [...this.path, key], this.scope, this.context);
    }
    return keys;
  }

  /** Compiles the verb's value; names that its keys make (`let`) are visible from the next key on. */
  private compileValue(makes: readonly NameMention[], scope: NameScope, isNow: (key: string) => boolean): Template {
    const { verb, blocks } = this.definition;
    const authored = this.step[verb];
    if (blocks?.includes('branches') === true) return authored;
    const remaining = [...makes];
    const declareFor = (key: string, template: Template): void => {
      for (const mention of remaining.filter(({ path }) => path[1] === key)) {
        remaining.splice(remaining.indexOf(mention), 1);
        const holdsName = (authored as Record<string, unknown>)[key] === mention.name;
        const type =
          holdsName || mention.type !== undefined ? this.mentionedType(mention, scope) : typeOfTemplate(template);
        this.declareMention(mention, type, scope);
      }
    };
    let value: Template = authored;
    if (isMap(authored)) {
      const compiled: Record<string, Template> = {};
      for (const [key, part] of Object.entries(authored)) {
        compiled[key] = isNow(key) ? compileTemplate(part, [...this.path, verb, key], scope, this.context) : part;
        declareFor(key, compiled[key]);
      }
      value = compiled;
    } else {
      value = compileTemplate(authored, [...this.path, verb], scope, this.context);
    }
    for (const mention of remaining) this.declareMention(mention, this.mentionedType(mention, scope), scope);
    return value;
  }

  private compileLate(value: Template, late: ReadonlySet<string>, scope: NameScope): Template {
    if (!isMap(value)) return value;
    const { verb } = this.definition;
    const compiled: Record<string, Template> = {};
    for (const [key, part] of Object.entries(value)) {
      compiled[key] = late.has(key) ? compileTemplate(part, [...this.path, verb, key], scope, this.context) : part;
    }
    return compiled;
  }

  private mentionedType({ kind, type }: NameMention, scope: NameScope): ExpressionType {
    if (typeof type === 'string') return type;
    if (kind !== 'value') return kindTypes[kind];
    if (type === undefined) return 'dyn';
    let list: unknown = this.step;
    for (const key of type.elementOf) list = (list as Record<string | number, unknown> | undefined)?.[key];
    const silent: StepsContext = { ...this.context, problems: [] };
    const template = compileTemplate(list, [...this.path, ...type.elementOf], scope, silent);
    return /^list<(.+)>$/.exec(typeOfTemplate(template))?.[1] ?? 'dyn';
  }

  private declareMention(mention: NameMention, type: ExpressionType, scope: NameScope): void {
    const { name, kind, listens } = mention;
    const path = [...this.path, ...mention.path];
    const isKey = mention.path.at(-1) === name;
    declareName({ name, kind, type, listens, path }, { path, at: isKey ? 'key' : 'value' }, scope, this.context);
  }

  private makeAs(): string | undefined {
    const made = madeByAs(this.step, this.definition);
    if (made === undefined) return undefined;
    const { name, kind, listens, isDefault } = made;
    const path = isDefault ? this.path : [...this.path, 'as'];
    const type = kind === 'value' ? 'dyn' : kindTypes[kind];
    declareName({ name, kind, type, listens, path }, { path, isDefault }, this.scope, this.context);
    return name;
  }

  private checkBlocks(scope: NameScope): Readonly<Record<string, readonly CheckedStep[]>> {
    const { definition, step, context } = this;
    const lists: { name: string; steps: unknown; path: Path; scope: NameScope }[] = [];
    for (const key of definition.blocks ?? []) {
      if (key === 'branches') {
        for (const [name, steps] of Object.entries((step[definition.verb] ?? {}) as object)) {
          lists.push({ name, steps, path: [...this.path, definition.verb, name], scope: scope.inner() });
        }
      } else if (step[key] !== undefined) {
        lists.push({
          name: key,
          steps: step[key],
          path: [...this.path, key],
          scope: definition.scope === 'loop' ? scope : scope.inner(),
        });
      }
    }
    if (definition.scope === 'parallel') {
      for (const list of lists) {
        for (const other of lists) if (other !== list) this.lendCalls(other.steps, list.scope);
      }
    }
    const blocks: Record<string, readonly CheckedStep[]> = {};
    for (const list of lists) blocks[list.name] = checkSteps(list.steps, list.path, list.scope, context);
    this.giveNames(
      lists.map((list) => list.scope),
      scope,
      lists.length === definition.blocks?.length,
    );
    return blocks;
  }

  private lendCalls(steps: unknown, scope: NameScope): void {
    for (const { name, kind } of namesMadeIn(steps, this.context)) {
      if (kind === 'call' || kind === 'socket') scope.lendCall({ name, kind: 'call', type: 'call', path: this.path });
    }
  }

  private hideInside(name: string): void {
    this.scope.hide(name, `"${name}" is known only inside of the step "${this.definition.verb}" before`);
  }

  /** Makes names of nested steps visible after the step, as far as they are sure to be made. */
  private giveNames(inner: readonly NameScope[], around: NameScope, isComplete: boolean): void {
    const policy = this.definition.scope ?? 'inside';
    if (policy === 'loop') {
      for (const known of around.own()) this.scope.declare(known);
      return;
    }
    for (const known of around.own()) this.hideInside(known.name);
    for (const scope of inner) {
      for (const known of scope.own()) {
        const others = inner.map((each) => [...each.own()].find(({ name }) => name === known.name));
        const isSure = isComplete && others.every((other) => other?.kind === known.kind);
        if (policy === 'choice' && isSure) {
          const all = others.filter((other) => other !== undefined);
          this.scope.declare({ ...known, type: commonType(all.map(({ type }) => type)), others: all });
        } else if (policy === 'choice') {
          this.scope.hide(
            known.name,
            `"${known.name}" is not made in every branch of the step "${this.definition.verb}" before`,
          );
        } else this.hideInside(known.name);
      }
    }
  }
}

interface NameMade {
  readonly name: string;
  readonly kind: NameKind;
  readonly listens?: boolean;
  readonly isDefault: boolean;
}

function madeByAs(step: RawStep, definition: StepDefinition): NameMade | undefined {
  const made: Made | undefined = typeof definition.makes === 'function' ? definition.makes(step) : definition.makes;
  if (made === undefined) return undefined;
  const authored = typeof step.as === 'string' ? step.as : undefined;
  const name = authored ?? made.defaultName;
  return name === undefined
    ? undefined
    : { name, kind: made.kind, listens: made.listens, isDefault: authored === undefined };
}

/** The names that steps will make, nested ones left out. */
function namesMadeIn(steps: unknown, context: StepsContext): NameMade[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: unknown) => {
    const definition = isMap(step) ? definitionOf(step, context) : undefined;
    if (definition === undefined || !isMap(step)) return [];
    const made = madeByAs(step, definition);
    // What a block step names, such as the element of a loop, is known inside of it.
    if (definition.blocks !== undefined && definition.scope !== 'loop') return made === undefined ? [] : [made];
    const mentioned = (definition.names?.(step) ?? [])
      .filter(({ role }) => role === 'make')
      .map(({ name, kind, listens }) => ({ name, kind, listens, isDefault: true }));
    return made === undefined ? mentioned : [made, ...mentioned];
  });
}

function definitionOf(step: RawStep, { definitions }: StepsContext): StepDefinition | undefined {
  for (const key of Object.keys(step)) {
    const definition = definitions.get(key);
    if (definition !== undefined) return definition;
  }
  return undefined;
}

function isOfKind(known: KnownName, kind: NameKind): boolean {
  if (known.kind === kind) return true;
  // A loop's element or a part's parameter may hold the thing itself.
  return kind !== 'value' && known.kind === 'value' && (known.type === 'dyn' || known.type === kindTypes[kind]);
}

function kindWord({ kind, type }: KnownName): string {
  if (kind === 'fact') return 'name of the language';
  return kind === 'value' ? `value (${type})` : kind;
}
