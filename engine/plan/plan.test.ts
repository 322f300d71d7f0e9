import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Expression } from '../expressions';
import { loadDocument, type SourceDocument } from '../loader';
import type { CheckedStep, StepDefinition } from '../steps';
import { caseLanguage, makePlan, type Plan, type PlannedTest, type PlanOptions } from '.';

/** A verb that does nothing, for cases of these tests. */
function verb(name: string, facts: Partial<StepDefinition> = {}): StepDefinition {
  return {
    verb: name,
    doc: 'Does nothing.',
    example: `{ ${name}: {} }`,
    value: {},
    modifiers: [],
    *run() {},
    ...facts,
  };
}

const definitions: readonly StepDefinition[] = [
  verb('listener', { makes: { kind: 'socket', defaultName: 'server', listens: true } }),
  verb('bound', { makes: { kind: 'socket', defaultName: 'sock' } }),
  verb('accept', { needs: 'listener', makes: { kind: 'socket', defaultName: 'sock' } }),
  verb('listen', { needs: 'socket', listens: () => true }),
  verb('write', { needs: 'socket', makes: { kind: 'call' } }),
  verb('connection', { makes: { kind: 'connection', defaultName: 'conn' } }),
  verb('send', { needs: 'connection', makes: { kind: 'frame' } }),
  verb('expect', { needs: 'connection', makes: { kind: 'frame' } }),
  verb('collect', { needs: 'connection', makes: { kind: 'frames' } }),
  verb('await', {
    names: (step) => [{ role: 'use', kind: 'call', name: String(step.await), path: ['await'] }],
  }),
  verb('let', {
    names: (step) =>
      Object.keys(step.let as object).map((name) => ({ role: 'make', kind: 'value', name, path: ['let', name] })),
  }),
  verb('assert'),
  verb('if', { blocks: ['then', 'else'], scope: 'choice' }),
  verb('repeat', {
    blocks: ['steps'],
    scope: 'loop',
    lateKeys: ['until'],
    names: (step) => {
      const { index } = step.repeat as { index?: string };
      return index === undefined
        ? []
        : [{ role: 'make', kind: 'value', name: index, path: ['repeat', 'index'], type: 'int' }];
    },
  }),
  verb('each', {
    blocks: ['steps'],
    names: (step) => [
      {
        role: 'make',
        kind: 'value',
        name: (step.each as { as: string }).as,
        path: ['each', 'as'],
        type: { elementOf: ['each', 'in'] },
      },
    ],
  }),
  verb('parallel', { blocks: ['branches'], scope: 'parallel' }),
];

const language = caseLanguage({ TCP_ESTABLISHED: 1, ECONNREFUSED: 'ECONNREFUSED' });
const folder = mkdtempSync(join(tmpdir(), 'packetcase-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

function documentOf(text: string, file = 'a.case.yaml'): SourceDocument {
  const { document, problems } = loadDocument(file, Buffer.from(text));
  expect(problems).toEqual([]);
  return document as SourceDocument;
}

function plan(text: string, options: Partial<PlanOptions> = {}): Plan {
  return makePlan([documentOf(text)], { stacks: ['linux'], definitions, language, ...options });
}

function testsOf(text: string, options: Partial<PlanOptions> = {}): PlannedTest[] {
  const { tests, problems } = plan(text, options);
  expect(problems).toEqual([]);
  return tests;
}

/** What a compiled expression gives. */
function evaluated(template: unknown, names: Record<string, unknown>): unknown {
  if (!(template instanceof Expression)) throw new Error('not an expression');
  return template.evaluate(names);
}

function messages(text: string): string[] {
  return plan(text).problems.map(({ code, line, message }) => `${line} ${code} ${message}`);
}

describe('rows', () => {
  test('a case without rows is one test', () => {
    const [only, ...others] = testsOf(
      'title: T\nabout: |\n  Why.\nrequirements: [RFC9293-MUST-1]\norigin: [x/y]\nsteps: []\n',
    );
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      id: 'a.case.yaml',
      file: 'a.case.yaml',
      title: 'T',
      name: 'T',
      row: null,
      about: 'Why.',
      requirements: ['RFC9293-MUST-1'],
      origin: ['x/y'],
      tags: [],
      stack: 'linux',
      expectation: { kind: 'pass' },
      lab: {},
      silence: false,
      rowValues: {},
      vars: [],
      steps: [],
      finallySteps: [],
      where: { file: 'a.case.yaml', path: [] },
    });
  });

  test('matrix and table multiply, those of the file with those of the test, the last running fastest', () => {
    const tests = testsOf(`
title: T
matrix: { size: [64, 512] }
tests:
  - name: first
    table: [{ name: low, offset: -1 }, { name: high, offset: 1, why: because }]
    steps: []
  - { name: second, steps: [] }
`);
    expect(tests.map(({ name }) => name)).toEqual([
      'T › first › size=64, low',
      'T › first › size=64, high',
      'T › first › size=512, low',
      'T › first › size=512, high',
      'T › second › size=64',
      'T › second › size=512',
    ]);
    expect(tests[3]).toMatchObject({
      id: 'a.case.yaml#first › size=512, high',
      row: 'size=512, high',
      rowValues: { size: 512, name: 'high', offset: 1, why: 'because' },
      where: { path: ['tests', 0, 'table', 1] },
    });
    expect(tests[0]?.rowValues).toEqual({ size: 64, name: 'low', offset: -1, why: null });
  });

  test('a row without a name is called by its cells', () => {
    const tests = testsOf(
      "title: T\ntable: [{ a: 1, b: [1, x], c: 'long text that nobody wants to read in a name' }]\nsteps: []\n",
    );
    expect(tests.map(({ row }) => row)).toEqual(['a=1, b=[1,"x"], c=long text that nobody wants to read in …']);
  });

  test('the rows of a test share its steps, compiled once', () => {
    const [one, two] = testsOf('title: T\nmatrix: { n: [1, 2] }\nsteps: [{ assert: =row.n == 1 }]\n');
    expect(one?.steps).toBe(two?.steps);
    const [step] = one?.steps ?? [];
    expect(step?.value).toBeInstanceOf(Expression);
    const values = [one, two].map((each) => evaluated(step?.value, { row: each?.rowValues }));
    expect(values).toEqual([true, false]);
  });

  test('cells are computed before the run where they can be', () => {
    const tests = testsOf(
      "title: T\ntable: [{ name: x, a: =2 * 1460, b: =dut.ip, c: [=1 + 1] }]\nsteps: [{ assert: '=row.a > 1 && row.b == dut.ip' }]\n",
    );
    expect(tests[0]?.rowValues).toMatchObject({ name: 'x', a: 2920, b: expect.any(Expression) });
  });

  test('an axis may be an expression of constants', () => {
    const tests = testsOf("title: T\nmatrix: { size: '=[1, 2].map(x, x * 512)' }\nsteps: []\n");
    expect(tests.map(({ row }) => row)).toEqual(['size=512', 'size=1024']);
  });

  test('a missing cell is null, and the column is checked for what the other rows have', () => {
    const text = 'title: T\ntable: [{ name: x, n: 1 }, { name: y }]\nsteps: [{ assert: =row.n == 1 }]\n';
    const [, second] = testsOf(text);
    expect(evaluated(second?.steps[0]?.value, { row: second?.rowValues })).toBe(false);
  });
});

describe('over and stacks', () => {
  test('each family and each stack is a test', () => {
    const tests = testsOf('title: T\nover: [ipv4, ipv6]\nmatrix: { n: [1, 2] }\nsteps: []\n', {
      stacks: ['linux', 'gvisor'],
    });
    expect(tests.map(({ id, over }) => `${id} ${over}`)).toEqual([
      'a.case.yaml#ipv4 › n=1 ipv4',
      'a.case.yaml#ipv4 › n=2 ipv4',
      'a.case.yaml#ipv4 › n=1@gvisor ipv4',
      'a.case.yaml#ipv4 › n=2@gvisor ipv4',
      'a.case.yaml#ipv6 › n=1 ipv6',
      'a.case.yaml#ipv6 › n=2 ipv6',
      'a.case.yaml#ipv6 › n=1@gvisor ipv6',
      'a.case.yaml#ipv6 › n=2@gvisor ipv6',
    ]);
  });

  test('one family is not worth a word in the name', () => {
    expect(testsOf('title: T\nover: [mapped]\nsteps: []\n')[0]).toMatchObject({ name: 'T', over: 'mapped' });
  });

  test('what is known of a stack: the row says it before the test, the test before the file', () => {
    const tests = testsOf(
      `
title: T
stacks: { gvisor: { skip: no SACK }, lwip: { fails: always } }
tests:
  - name: t
    stacks: { gvisor: { fails: accepts it, issue: "#7", where: =row.n > 1, version: "<2023" } }
    table:
      - { name: a, n: 1 }
      - { name: b, n: 2 }
      - { name: c, n: 3, stacks: { gvisor: { skip: too slow } } }
    steps: []
`,
      { stacks: ['linux', 'gvisor', 'lwip'] },
    );
    const known = tests.map(
      ({ stack, row, expectation: e }) => `${stack} ${row} ${e.kind} ${'reason' in e ? e.reason : ''}`,
    );
    expect(known).toEqual([
      'linux a pass ',
      'linux b pass ',
      'linux c pass ',
      'gvisor a skip no SACK',
      'gvisor b fails accepts it',
      'gvisor c skip too slow',
      'lwip a fails always',
      'lwip b fails always',
      'lwip c fails always',
    ]);
    expect(tests[4]?.expectation).toEqual({ kind: 'fails', reason: 'accepts it', issue: '#7', version: '<2023' });
    expect(Object.keys(tests[5]?.rowValues ?? {})).toEqual(['name', 'n']);
  });

  test('the filter looks at ids and names', () => {
    const text = 'title: Some words\nmatrix: { n: [1, 2] }\nsteps: []\n';
    expect(testsOf(text, { filter: /words.*n=2/ }).map(({ row }) => row)).toEqual(['n=2']);
    expect(testsOf(text, { filter: /a\.case\.yaml#n=1/ }).map(({ row }) => row)).toEqual(['n=1']);
    expect(testsOf(text, { filter: /nothing/ })).toEqual([]);
  });
});

describe('defaults of folders', () => {
  function file(path: string, text: string): string {
    const whole = join(folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  }

  test('nearer ones win, the case wins, tags add up; folders above the project are not looked at', () => {
    file('defaults.yaml', 'tags: [outside]\n');
    file('project/package.json', '{}');
    file(
      'project/defaults.yaml',
      'lab: { mtu: 1400, qdisc: fq, sysctl: { a: 1, b: 1 } }\nover: [ipv4, ipv6]\ntolerance: 4ms\ntags: [far]\nstacks: { linux: { skip: far } }\n',
    );
    file(
      'project/tcp/defaults.yaml',
      'lab: { mtu: 1300, sysctl: { b: 2, c: 2 } }\ntags: [near]\nstacks: { linux: { fails: near } }\n',
    );
    const name = file(
      'project/tcp/deep/a.case.yaml',
      'title: T\nover: [ipv4]\ntags: [own]\nlab: { sysctl: { c: 3 } }\nsteps: []\n',
    );
    const { document } = loadDocument(name);
    const { tests, problems } = makePlan([document as SourceDocument], { stacks: ['linux'], definitions, language });
    expect(problems).toEqual([]);
    expect(tests).toHaveLength(1);
    expect(tests[0]).toMatchObject({
      lab: { mtu: 1300, qdisc: 'fq', sysctl: { a: 1, b: 2, c: 3 } },
      over: 'ipv4',
      tolerance: '4ms',
      tags: ['far', 'near', 'own'],
      expectation: { kind: 'fails', reason: 'near' },
    });
  });

  test('a bad defaults.yaml is reported once, at its own place', () => {
    file('bad/package.json', '{}');
    const defaults = file('bad/defaults.yaml', 'lab: { mtu: 1400\n');
    const documents = ['one', 'two'].map((name) =>
      documentOf(`title: ${name}\nsteps: []\n`, join(folder, 'bad', `${name}.case.yaml`)),
    );
    const { problems } = makePlan(documents, { stacks: ['linux'], definitions, language });
    expect(problems.map((problem) => problem.file)).toEqual([defaults]);
  });
});

describe('names', () => {
  const stepsOf = (steps: string): readonly CheckedStep[] => testsOf(`title: T\nsteps:\n${steps}`)[0]?.steps ?? [];

  test('a step without on or fd gets the only connection, socket or listener', () => {
    const steps = stepsOf(`
  - listener: {}
  - connection: {}
  - { send: SYN, as: syn }
  - accept: {}
  - { write: 10, as: late }
  - { await: late }
`);
    expect(steps.map(({ verb, on, fd, as }) => ({ verb, on, fd, as }))).toEqual([
      { verb: 'listener', as: 'server' },
      { verb: 'connection', as: 'conn' },
      { verb: 'send', on: 'conn', as: 'syn' },
      { verb: 'accept', fd: 'server', as: 'sock' },
      { verb: 'write', fd: 'sock', as: 'late' },
      { verb: 'await' },
    ]);
  });

  test('a socket that was made to listen is a listener from then on', () => {
    const steps = stepsOf('  - bound: {}\n  - listen: {}\n  - { accept: {}, as: peer }\n  - write: 1\n');
    expect(steps.map(({ fd, as }) => `${fd} ${as}`)).toEqual([
      'undefined sock',
      'sock undefined',
      'sock peer',
      'peer undefined',
    ]);
  });

  test('a descriptor may be a number or computed, a name may be written as an expression', () => {
    const steps = stepsOf(
      '  - bound: {}\n  - { write: 1, fd: -1 }\n  - { write: 1, fd: =sock.fd + 1 }\n  - { write: 1, fd: =sock }\n',
    );
    expect(steps.map(({ fd }) => fd)).toEqual([undefined, undefined, undefined, 'sock']);
    expect(steps[2]?.keys.fd).toBeInstanceOf(Expression);
  });

  test('values of let have types from the next value on', () => {
    expect(
      messages(
        'title: T\nsteps:\n  - let: { a: 1, b: =a + 1, c: =ms(b), d: x }\n  - assert: =c > b\n  - assert: =d == b\n',
      ),
    ).toEqual(['4 EXPRESSION_TYPE cannot compute duration > int', '5 EXPRESSION_TYPE cannot compute string == int']);
  });

  test('vars of a test come after those of the file, and setup sees both', () => {
    const text =
      'title: T\nvars: { a: 1 }\nsetup: [{ assert: =a + b == 3 }]\ntests:\n  - { name: t, vars: { b: =a + 1 }, steps: [{ assert: =b == 2 }] }\n';
    const [only] = testsOf(text);
    expect(only?.vars.map(([name]) => name)).toEqual(['a', 'b']);
    expect(only?.steps.map(({ where }) => where.path)).toEqual([
      ['setup', 0],
      ['tests', 0, 'steps', 0],
    ]);
  });

  test('what setup makes is there in each test and in finally', () => {
    const text =
      'title: T\nsetup: [{ connection: {} }]\ntests:\n  - { name: a, steps: [{ send: SYN }] }\n  - { name: b, steps: [{ send: RST }] }\nfinally: [{ send: RST }]\n';
    const tests = testsOf(text);
    expect(tests.map(({ steps, finallySteps }) => [...steps, ...finallySteps].map(({ on }) => on))).toEqual([
      [undefined, 'conn', 'conn'],
      [undefined, 'conn', 'conn'],
    ]);
  });

  test('in a matcher, it is the value of the field', () => {
    const steps = stepsOf("  - connection: {}\n  - { expect: ACK, seq: { where: '=it % 4 == 0' } }\n");
    const { where } = steps[1]!.keys.seq as { where?: unknown };
    expect(evaluated(where, { it: 8 })).toBe(true);
    expect(messages('title: T\nsteps: [{ assert: =it == 1 }]\n')).toEqual([
      '2 UNKNOWN_NAME nothing here is called "it"',
    ]);
  });

  test('a name made in both branches of a choice is there after it', () => {
    const text = (other: string) =>
      `title: T\nsteps:\n  - { if: =dut.stack == 'linux', then: [{ connection: {} }], else: [{ connection: {}, as: ${other} }] }\n  - send: SYN\n`;
    expect(messages(text('conn'))).toEqual([]);
    expect(messages(text('other'))).toEqual([
      '4 NOTHING_TO_USE "send: SYN" needs a connection, and none has been made',
    ]);
  });

  test('what a loop makes is seen by its until and by later steps', () => {
    const text = `
title: T
steps:
  - connection: {}
  - repeat: { index: i, until: =ack.tcp.window == i }
    steps: [{ expect: ACK, as: ack }]
  - assert: =ack.tcp.seq + i == 3
`;
    expect(messages(text)).toEqual([]);
    expect(messages('title: T\nsteps: [{ repeat: { while: =x == 1 }, steps: [{ let: { x: 1 } }] }]\n')).toEqual([
      '2 UNKNOWN_NAME nothing here is called "x"',
    ]);
  });

  test('the element of a loop has the type of the list, and stays inside', () => {
    const text = `
title: T
steps:
  - connection: {}
  - { collect: ACK, as: acks }
  - each: { in: =acks, as: ack }
    steps:
      - assert: =ack.tcp.seq == 1
      - assert: =ack.tcp.sq == 1
      - { let: { inner: 1 } }
  - assert: =ack.tcp.seq == inner
`;
    expect(messages(text)).toEqual([
      '9 UNKNOWN_FIELD tcp has no field "sq"',
      '11 NAME_NOT_MADE "ack" is known only inside of the step "each" before',
    ]);
  });

  test('a branch may await a call of its sibling, but not read it; names of branches do not meet', () => {
    const text = `
title: T
steps:
  - bound: {}
  - parallel:
      writer: [{ write: 1, as: late }, { let: { n: 1 } }]
      reader:
        - { await: late }
        - { let: { n: 2 } }
        - assert: =late.value == n
  - { await: late }
`;
    expect(messages(text)).toEqual([
      '10 UNKNOWN_NAME nothing here is called "late"',
      '11 NAME_NOT_MADE "late" is known only inside of the step "parallel" before',
    ]);
  });
});

describe('several documents', () => {
  test('two cases of one title', () => {
    const documents = ['a', 'b'].map((name) => documentOf('title: Same\nsteps: []\n', `${name}.case.yaml`));
    const { tests, problems } = makePlan(documents, { stacks: ['linux'], definitions, language });
    expect(tests.map(({ file }) => file)).toEqual(['a.case.yaml']);
    expect(problems).toMatchObject([
      { code: 'DUPLICATE_TITLE', file: 'b.case.yaml', line: 1, column: 8, got: 'the title of a.case.yaml' },
    ]);
  });

  test('a case with a problem has no tests, the others do', () => {
    const documents = [
      documentOf('title: Bad\nsteps: [{ assert: =x == 1 }]\n', 'b.case.yaml'),
      documentOf('title: Good\nsteps: []\n'),
    ];
    const { tests, problems } = makePlan(documents, { stacks: ['linux'], definitions, language });
    expect(tests.map(({ file }) => file)).toEqual(['a.case.yaml']);
    expect(problems).toHaveLength(1);
  });
});

describe('hints', () => {
  test('names of let and vars that nothing uses, over all tests of the file', () => {
    const { hints, tests } = plan(`
title: T
vars:
  used: 1
  unused: 2
setup:
  - let: { often: 1 }
  - connection: {}
tests:
  - { name: a, steps: [{ assert: =used == 1 }] }
  - { name: b, steps: [{ assert: =often == 1 }, { let: { never: 1 } }] }
`);
    expect(tests).toHaveLength(2);
    expect(hints.map(({ code, line, message }) => `${line} ${code} ${message}`)).toEqual([
      '5 UNUSED_NAME nothing uses "unused"',
      '11 UNUSED_NAME nothing uses "never"',
    ]);
  });

  test('a name made in two branches is used when the step after them reads it', () => {
    const { hints } = plan(
      "title: T\nsteps:\n  - if: =dut.stack == 'linux'\n    then: [{ let: { n: 1 } }]\n    else: [{ let: { n: 2 } }]\n  - assert: =n > 0\n",
    );
    expect(hints).toEqual([]);
  });
});

test('a thousand rows are planned in the time of one', () => {
  const rows = Array.from({ length: 1300 }, (_, n) => n).join(', ');
  const text = `title: T\nmatrix: { n: [${rows}] }\nsteps:\n${'  - assert: =row.n * 2 >= row.n\n'.repeat(30)}`;
  const document = documentOf(text);
  const options = { stacks: ['linux'], definitions, language };
  makePlan([document], options);
  const before = process.cpuUsage();
  const { tests } = makePlan([document], options);
  const { user, system } = process.cpuUsage(before);
  expect(tests).toHaveLength(1300);
  expect((user + system) / 1000).toBeLessThan(2000);
});
