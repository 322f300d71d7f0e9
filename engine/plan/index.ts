/**
 * From documents to tests: everything that can be known before anything runs.
 *
 * makePlan multiplies rows, families and stacks, and checks each case once for all of its rows: steps are walked in
 * order with the names that they make (check-steps.ts), every string that begins with `=` is compiled with the types of
 * the names visible there (templates.ts), and what is wrong becomes a problem at its place in the document, all at once.
 * A test carries compiled steps; running it parses nothing. No verb is known here: definitions say which names a step
 * uses and makes and which of its keys hold steps. facts.ts says what a frame, a connection or the lab is to an
 * expression.
 *
 * One more thing in a case that multiplies or selects tests: plan.ts. One more check of steps: check-steps.ts, or
 * better the verb's own `check`.
 */
export { type Constants, caseLanguage } from './facts';
export { makePlan, type Plan, type PlanOptions } from './plan';
export type { Expectation, PlannedTest } from './planned-test';
