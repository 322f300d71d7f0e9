import type { Environment } from '@marcbachmann/cel-js';
import { ArgumentError, expressionFunctions } from './functions';
import { Duration, Timestamp } from './time';
import type { Conversions, ObjectType } from './types';

type Cel = typeof import('@marcbachmann/cel-js');

let loaded: Cel | undefined;

/** The CEL package, loaded by the first expression: most cases have none, and loading it takes tens of milliseconds. */
export function cel(): Cel {
  loaded ??= require('@marcbachmann/cel-js') as Cel;
  return loaded;
}

/** Names of CEL itself that stand for types or namespaces, so that nothing else can be called so. */
export const celNames: ReadonlySet<string> = new Set(
  'bool bytes cel double dyn google int list map null_type optional string type uint'.split(' '),
);

/** Words that CEL's grammar keeps: no name, column or parameter may be one of them. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop null namespace package prototype return ' +
    'true var void while __proto__'
  ).split(' '),
);

/** An environment with the language's operators, functions and the given object types, but no names yet. */
export function makeEnvironment(types: readonly ObjectType[], conversions: Conversions): Environment {
  const { Environment } = cel();
  const environment = new Environment({ homogeneousAggregateLiterals: false });
  environment.registerType('duration', { ctor: Duration });
  environment.registerType('timestamp', { ctor: Timestamp });
  // Fields may have types that come later, so all names are made known before their fields are.
  for (const type of types) {
    const ctor = conversions.viewClass(type.name);
    const fields = Object.fromEntries(Object.entries(type.fields).map(([key, field]) => [key, field.type]));
    environment.registerType(type.name, type.more === undefined ? { ctor, fields } : { ctor });
  }
  registerOperators(environment);
  for (const { overloads, doc } of expressionFunctions) {
    for (const [signature, run] of Object.entries(overloads)) {
      environment.registerFunction(signature, checked(run as (...args: unknown[]) => unknown), {
        description: doc,
        async: false,
      });
    }
  }
  return environment;
}

/** CEL puts the place of the call into its own errors only. */
function checked(run: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  const { EvaluationError } = cel();
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      if (error instanceof ArgumentError) throw new EvaluationError(error.message);
      throw error;
    }
  };
}

type Quantity = Duration | Timestamp;

function registerOperators(environment: Environment): void {
  const sum = (a: Quantity, b: Quantity): number => a.nanoseconds + b.nanoseconds;
  const difference = (a: Quantity, b: Quantity): number => a.nanoseconds - b.nanoseconds;
  const scaled = (a: Duration, n: bigint | number): Duration => new Duration(Math.round(a.nanoseconds * Number(n)));
  const divided = (a: Duration, n: bigint | number): Duration => {
    if (Number(n) === 0) throw new (cel().EvaluationError)('division by zero');
    return new Duration(Math.trunc(a.nanoseconds / Number(n)));
  };
  environment.registerOperator('timestamp - timestamp: duration', (a, b) => new Duration(difference(a, b)));
  environment.registerOperator('timestamp - duration: timestamp', (a, b) => new Timestamp(difference(a, b)));
  environment.registerOperator('timestamp + duration: timestamp', (a, b) => new Timestamp(sum(a, b)));
  environment.registerOperator('duration + timestamp: timestamp', (a, b) => new Timestamp(sum(a, b)));
  environment.registerOperator('duration + duration: duration', (a, b) => new Duration(sum(a, b)));
  environment.registerOperator('duration - duration: duration', (a, b) => new Duration(difference(a, b)));
  environment.registerOperator('-duration', (a: Duration) => new Duration(-a.nanoseconds));
  environment.registerOperator('duration / duration: double', (a, b) => a.nanoseconds / b.nanoseconds);
  for (const number of ['int', 'double']) {
    environment.registerOperator(`duration * ${number}: duration`, scaled);
    environment.registerOperator(`${number} * duration: duration`, (n, a) => scaled(a, n));
    environment.registerOperator(`duration / ${number}: duration`, divided);
  }
  for (const type of ['duration', 'timestamp']) {
    environment.registerOperator(`${type} == ${type}`, (a, b) => a.nanoseconds === b.nanoseconds);
    environment.registerOperator(`${type} < ${type}`, (a, b) => a.nanoseconds < b.nanoseconds);
    environment.registerOperator(`${type} <= ${type}`, (a, b) => a.nanoseconds <= b.nanoseconds);
    environment.registerOperator(`${type} > ${type}`, (a, b) => a.nanoseconds > b.nanoseconds);
    environment.registerOperator(`${type} >= ${type}`, (a, b) => a.nanoseconds >= b.nanoseconds);
  }
}
