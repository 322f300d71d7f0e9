import {
  commonType,
  Expression,
  type ExpressionCompiler,
  type ExpressionType,
  typeOfValue,
  type VisibleNames,
} from '../expressions';
import type { Problem, SourceDocument } from '../loader';
import type { Template } from '../steps';
import { isExpression, type Path } from './authored';
import type { KnownName, NameScope } from './names';
import { expressionProblemAt } from './places';

/** What compiling a template needs: one for each test, because `row` has another type in each. */
export interface TemplateContext {
  readonly document: SourceDocument;
  readonly compiler: ExpressionCompiler;
  readonly problems: Problem[];
  /** Notes that something reads the name. */
  used(known: KnownName): void;
}

/** The authored value with every expression in it compiled; parts without one are shared, not copied. */
export function compileTemplate(authored: unknown, path: Path, scope: NameScope, context: TemplateContext): Template {
  if (isExpression(authored)) return compileExpression(authored, path, scope, context);
  if (typeof authored !== 'object' || authored === null) return authored;
  if (Array.isArray(authored)) {
    const items = authored.map((item: unknown, index) => compileTemplate(item, [...path, index], scope, context));
    return items.some((item, index) => item !== authored[index]) ? items : authored;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(authored)) {
    const compiled = compileTemplate(value, [...path, key], key === 'where' ? withIt(scope) : scope, context);
    if (compiled === value) continue;
    copy ??= { ...authored };
    copy[key] = compiled;
  }
  return copy ?? authored;
}

/** The type of what a template evaluates to. */
export function typeOfTemplate(template: Template): ExpressionType {
  if (template instanceof Expression) return template.type;
  // An expression with a problem, already reported: nothing more is to be said of what it makes.
  if (isExpression(template)) return 'dyn';
  if (Array.isArray(template)) return `list<${commonType(template.map(typeOfTemplate))}>`;
  return typeOfValue(template);
}

function compileExpression(authored: string, path: Path, scope: NameScope, context: TemplateContext): Template {
  const { document, compiler, problems } = context;
  const visible: VisibleNames = {
    typeOf: (name) => scope.find(name)?.type,
    *all() {
      for (const { name } of scope.all()) yield name;
    },
    explain: (name) => explainHidden(name, scope),
  };
  const compiled = compiler.compile(authored.slice(1), { file: document.file, path }, visible);
  if (compiled.problem !== undefined) {
    problems.push(expressionProblemAt(document, path, compiled.problem));
    return authored;
  }
  for (const name of compiled.expression.names) {
    const known = scope.find(name);
    if (known !== undefined) context.used(known);
  }
  return compiled.expression;
}

function explainHidden(name: string, scope: NameScope): ReturnType<NonNullable<VisibleNames['explain']>> {
  const reason = scope.reasonHidden(name);
  return reason === undefined
    ? undefined
    : { code: 'NAME_NOT_MADE', message: reason, expected: undefined, fix: undefined };
}

/** In a matcher's `where`, `it` is the field's value. */
function withIt(scope: NameScope): NameScope {
  const inner = scope.inner();
  inner.declare({ name: 'it', kind: 'fact', type: 'dyn' });
  return inner;
}
