/**
 * The language of computed values: CEL, checked before anything runs.
 *
 * Every string of a case that begins with `=` becomes an {@link Expression}. All names in it have types, so a misspelt
 * field or a number compared with a duration is an error of the check, at its column. Integers are exact 64-bit inside;
 * the engine's values are converted by declared type when an expression reads them (see types.ts), and results are
 * plain numbers again. There is no clock and no randomness in here: `random()` reads the generator that is handed in.
 *
 * One more function is one entry in functions.ts. What a frame or a connection is to an expression is not known here;
 * engine/plan gives the object types.
 */
export { celNames, reservedWords } from './cel';
export { type Compiled, ExpressionCompiler, ExpressionLanguage, type VisibleNames, type Vocabulary } from './compiler';
export { EvaluationFailure, Expression, type Operand, type Where } from './expression';
export { type ExpressionFunction, expressionFunctions, type RandomSource } from './functions';
export { nearest } from './nearest';
export type { ExpressionProblem } from './problems';
export { Duration, Timestamp } from './time';
export { commonType, type ExpressionType, type ObjectField, type ObjectType, typeOfValue } from './types';
