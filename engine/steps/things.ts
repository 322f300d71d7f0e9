import type { CallThing, ConnectionThing, FrameThing, SocketThing, StepContext, Thing } from './context';
import { CaseError } from './failure';

/** The connection of that name. @throws CaseError when the name stands for something else. */
export function connectionOf(name: string, context: StepContext): ConnectionThing {
  return thingOf(name, 'connection', context) as ConnectionThing;
}

/** The socket of that name. @throws CaseError when the name stands for something else. */
export function socketOf(name: string, context: StepContext): SocketThing {
  return thingOf(name, 'socket', context) as SocketThing;
}

/** The call of that name. @throws CaseError when the name stands for something else. */
export function callOf(name: string, context: StepContext): CallThing {
  return thingOf(name, 'call', context) as CallThing;
}

/** The frame of that name. @throws CaseError when the name stands for something else. */
export function frameNamed(name: string, context: StepContext): FrameThing {
  return thingOf(name, 'frame', context) as FrameThing;
}

function thingOf(name: string, kind: Thing['kind'], context: StepContext): Thing {
  const thing = context.scope.get(name);
  if (thing?.kind === kind) return thing;
  // A part's parameter or a loop's element may hold the thing itself.
  if (thing?.kind === 'value' && (thing.value as Partial<Thing> | null | undefined)?.kind === kind)
    return thing.value as Thing;
  throw new CaseError(`${name} is ${thing === undefined ? 'not made yet' : `a ${thing.kind}, not a ${kind}`}`, {
    code: thing === undefined ? 'NAME_NOT_MADE' : 'WRONG_KIND',
    expected: `a ${kind}`,
    got: thing === undefined ? 'nothing of that name' : `a ${thing.kind}`,
  });
}
