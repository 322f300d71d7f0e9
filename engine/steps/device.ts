import { awaitCall, DEFAULT_PATIENCE, demandSuccess } from './calls';
import type { StepDefinition } from './definition';
import { durationNs } from './duration';
import { StepFailure } from './failure';
import { begin, callEvent } from './timing';
import { show, valueDifferences } from './values';

/** How much of a command's words a failure shows. */
const SHOWN_OUTPUT = 20;

/** A command beside the sockets. */
export const exec: StepDefinition = {
  verb: 'exec',
  doc: 'Runs a command in the DUT’s network namespace, given as a list of words. An exit status that is not 0 fails the test unless `status` says otherwise. `as:` names the outcome, with .stdout and .status. Refused by --no-exec.',
  example: '{ exec: [ip, link], as: links }',
  value: { type: 'array', minItems: 1, items: { $ref: '#/$defs/anything' } },
  keys: {
    status: {
      $ref: '#/$defs/anything',
      description: 'The exit status demanded: a number, a matcher, or `any`. 0 unless said.',
    },
  },
  modifiers: ['as', 'after', 'patience', 'soft'],
  makes: { kind: 'call' },
  *run(step, context) {
    yield* begin(step, context);
    const argv = context
      .value<unknown[]>(step.value)
      .map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word)));
    const call = context.exec(argv);
    const patience =
      step.keys.patience === undefined ? DEFAULT_PATIENCE : durationNs(context.value(step.keys.patience), ['patience']);
    const outcome = yield* awaitCall(call, patience, context);
    callEvent(context, outcome.start, outcome.end);
    if (step.as !== undefined)
      context.scope.set(step.as, { kind: 'call', call, judge: () => undefined, judged: true, background: false });
    const wanted = step.keys.status === undefined ? 0 : context.value(step.keys.status);
    const { status, stdout, stderr } = outcome.out as { status: number; stdout: string; stderr: string };
    if (wanted === 'any' || valueDifferences(wanted, status, 'status', context).length === 0) return;
    throw new StepFailure(`${argv[0]} ended with status ${status}`, {
      code: 'EXEC_STATUS',
      path: step.keys.status === undefined ? [] : ['status'],
      expected: `status ${show(wanted)}`,
      got: `status ${status}`,
      details: `${stderr}${stdout}`
        .split('\n')
        .filter((line) => line !== '')
        .slice(-SHOWN_OUTPUT),
    });
  },
};

/** Kernel parameters of the DUT. */
export const sysctl: StepDefinition = {
  verb: 'sysctl',
  doc: 'Sets kernel parameters of the DUT’s network namespace and puts them back at the end of the test. Refused by --no-exec.',
  example: '{ sysctl: { net.ipv4.tcp_sack: 0 } }',
  value: { type: 'object', minProperties: 1, additionalProperties: { $ref: '#/$defs/anything' } },
  modifiers: ['after', 'soft'],
  *run(step, context) {
    yield* begin(step, context);
    for (const [name, value] of Object.entries(context.value<Record<string, unknown>>(step.value))) {
      const outcome = yield* awaitCall(context.sysctl(name, String(value)), DEFAULT_PATIENCE, context);
      demandSuccess(`sysctl ${name}`, outcome);
      const before = String(outcome.out.value ?? '').trim();
      context.atEnd(function* () {
        yield* awaitCall(context.sysctl(name, before), DEFAULT_PATIENCE, context);
      });
    }
  },
};
