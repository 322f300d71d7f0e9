import type { ASTNode } from '@marcbachmann/cel-js';

/** A name that an expression reads, at the place where it first does. */
export interface NameUse {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A call of a function (not of a method). */
export interface FunctionUse extends NameUse {
  readonly argumentCount: number;
}

/** What an expression is made of, as far as the check asks. */
export interface Parts {
  readonly names: readonly NameUse[];
  readonly functions: readonly FunctionUse[];
  /** Literal `null`s. */
  readonly nulls: readonly ASTNode[];
  /** Integer literals beyond 64 bits. */
  readonly tooLarge: readonly ASTNode[];
}

const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);
const MAX_INT = 2n ** 63n - 1n;

/** Walks an expression's tree; variables that macros such as `list.map(x, …)` bind are not names of the case. */
export function partsOf(root: ASTNode): Parts {
  const names = new Map<string, NameUse>();
  const functions: FunctionUse[] = [];
  const nulls: ASTNode[] = [];
  const tooLarge: ASTNode[] = [];

  const visit = (node: ASTNode, bound: ReadonlySet<string>): void => {
    switch (node.op) {
      case 'value':
        if (node.args === null) nulls.push(node);
        else if (typeof node.args === 'bigint' && node.args > MAX_INT) tooLarge.push(node);
        return;
      case 'id':
        if (!bound.has(node.args) && !names.has(node.args)) {
          names.set(node.args, { name: node.args, start: node.start, end: node.end });
        }
        return;
      case '.':
      case '.?':
        visit(node.args[0], bound);
        return;
      case '!_':
        visit(node.args, bound);
        return;
      case '-_':
        if (node.args.op !== 'value' || node.args.args !== MAX_INT + 1n) visit(node.args, bound);
        return;
      case 'call': {
        const [name, args] = node.args;
        functions.push({ name, start: node.start, end: node.start + name.length, argumentCount: args.length });
        for (const argument of args) visit(argument, bound);
        return;
      }
      case 'rcall': {
        const [method, receiver, args] = node.args;
        visit(receiver, bound);
        const [variable, ...others] = args;
        const binds = macros.has(method) && variable?.op === 'id' && others.length > 0;
        const inner = binds ? new Set([...bound, variable.args]) : bound;
        for (const argument of binds ? others : args) visit(argument, inner);
        return;
      }
      case 'map':
        for (const [key, value] of node.args) {
          visit(key, bound);
          visit(value, bound);
        }
        return;
      default:
        for (const argument of node.args) visit(argument, bound);
    }
  };
  visit(root, new Set());
  return { names: [...names.values()], functions, nulls, tooLarge };
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);

/**
 * The parts of a condition whose values tell why it is false: both sides of its comparisons, literals left out; a part
 * that is true or false by itself, such as a call, where nothing is compared.
 */
export function operandsOf(node: ASTNode): ASTNode[] {
  if (node.op === '!_') return operandsOf(node.args);
  if (node.op === '&&' || node.op === '||') return node.args.flatMap(operandsOf);
  if (comparisons.has(node.op)) return (node.args as ASTNode[]).filter((side) => !isLiteral(side));
  return isLiteral(node) ? [] : [node];
}

function isLiteral(node: ASTNode): boolean {
  if (node.op === 'list') return node.args.every(isLiteral);
  return node.op === 'value' || (node.op === '-_' && isLiteral(node.args));
}

/** The text of a part. CEL's places leave out parentheses at the part's ends, so they are found again. */
export function sourceOf({ start, end }: ASTNode, source: string): string {
  const part = source.slice(start, end);
  let depth = 0;
  let missing = 0;
  for (const character of part) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    missing = Math.min(missing, depth);
  }
  let from = start;
  for (; missing < 0; missing += 1) {
    from = source.lastIndexOf('(', from - 1);
    depth += 1;
  }
  let to = end;
  for (; depth > 0; depth -= 1) to = source.indexOf(')', to) + 1;
  return source.slice(from, to);
}
