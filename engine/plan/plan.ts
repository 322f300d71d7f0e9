import { Expression, type ExpressionCompiler, type ExpressionLanguage, nearest } from '../expressions';
import { arrangeProblems, type Mistake, type Problem, problemAt, type SourceDocument } from '../loader';
import { requirement, requirements } from '../requirements';
import type { CheckedStep, StepDefinition, Template } from '../steps';
import { isMap, type Path } from './authored';
import { checkSteps, declareName, type StepsContext } from './check-steps';
import { FolderDefaults, type Settings } from './defaults';
import { labNames } from './facts';
import { type KnownName, NameScope } from './names';
import type { PlannedTest } from './planned-test';
import { columnTypes, makeRows, type Row } from './rows';
import { compileNotes, expectationFor, type StackNote } from './stack-notes';
import { compileTemplate, typeOfTemplate } from './templates';

export interface PlanOptions {
  /** Stacks under test; each test is planned for each. */
  readonly stacks: readonly string[];
  readonly definitions: readonly StepDefinition[];
  readonly language: ExpressionLanguage;
  /** Keeps the tests whose id or name it finds. */
  readonly filter?: RegExp;
  /** The shape of a `defaults.yaml`; without it shapes are trusted. */
  readonly checkDefaults?: (document: SourceDocument) => readonly Problem[];
}

export interface Plan {
  readonly tests: PlannedTest[];
  /** A case with problems has no tests. */
  readonly problems: Problem[];
  /** What is probably not meant, but harmless: names that nothing uses. */
  readonly hints: Problem[];
}

/**
 * Makes the tests of documents whose shape is right (see loader's validateCase): rows, families and stacks multiplied,
 * names and expressions checked, expressions compiled.
 */
export function makePlan(documents: readonly SourceDocument[], options: PlanOptions): Plan {
  const defaults = new FolderDefaults(options.checkDefaults);
  const definitions = new Map(options.definitions.map((definition) => [definition.verb, definition]));
  const titles = new Map<string, SourceDocument>();
  const tests: PlannedTest[] = [];
  const problems: Problem[] = [];
  const hints: Problem[] = [];
  for (const document of documents) {
    if (!isMap(document.data)) continue;
    const plan = new CasePlan(document, document.data, defaults.settingsOf(document), definitions, options);
    plan.checkTitle(titles);
    const planned = plan.tests();
    problems.push(...plan.problems);
    if (plan.problems.length === 0) hints.push(...plan.hints());
    const { filter } = options;
    if (plan.problems.length === 0)
      tests.push(...planned.filter(({ id, name }) => filter === undefined || filter.test(id) || filter.test(name)));
  }
  return { tests, problems: arrangeProblems([...defaults.problems, ...problems]), hints: arrangeProblems(hints) };
}

/** One of a file's tests as authored: the file itself, or an entry of `tests`. */
interface AuthoredTest {
  readonly data: Readonly<Record<string, unknown>>;
  readonly path: Path;
  /** Unset when the file is the test. */
  readonly name?: string;
}

/** What a test's rows share. */
interface CheckedTest {
  readonly rows: readonly Row[] | undefined;
  readonly vars: readonly (readonly [string, Template])[];
  readonly steps: readonly CheckedStep[];
  readonly finallySteps: readonly CheckedStep[];
  readonly stacks: readonly StackNote[];
}

/** The plan of one document. */
class CasePlan {
  readonly problems: Problem[] = [];
  readonly #usedPaths = new Set<string>();
  /** Names of `let` and `vars`, by place, for the hint about names that nothing uses. */
  readonly #values = new Map<string, KnownName & { readonly path: Path }>();

  constructor(
    private readonly document: SourceDocument,
    private readonly data: Readonly<Record<string, unknown>>,
    private readonly settings: Settings,
    private readonly definitions: ReadonlyMap<string, StepDefinition>,
    private readonly options: PlanOptions,
  ) {}

  checkTitle(titles: Map<string, SourceDocument>): void {
    const title = this.title();
    const other = titles.get(title);
    if (other === undefined) {
      titles.set(title, this.document);
      return;
    }
    this.report({
      code: 'DUPLICATE_TITLE',
      message: 'another case has this title',
      path: ['title'],
      expected: 'a title that says what sets this case apart',
      got: `the title of ${other.file}`,
    });
  }

  tests(): PlannedTest[] {
    this.checkRequirements(this.data, []);
    return this.authoredTests().flatMap((authored) => {
      if (authored.name !== undefined) this.checkRequirements(authored.data, authored.path);
      return this.expand(authored, this.check(authored));
    });
  }

  /** Names of `let` and `vars` that nothing in the file reads. */
  hints(): Problem[] {
    const unused = [...this.#values].filter(([key]) => !this.#usedPaths.has(key));
    return unused.map(([, { name, path }]) =>
      problemAt(this.document, {
        code: 'UNUSED_NAME',
        message: `nothing uses "${name}"`,
        path,
        at: 'key',
        fix: 'remove it, or use it',
      }),
    );
  }

  private title(): string {
    return String(this.data.title ?? this.document.file);
  }

  private report(mistake: Mistake): void {
    this.problems.push(problemAt(this.document, mistake));
  }

  private authoredTests(): AuthoredTest[] {
    if (!Array.isArray(this.data.tests)) return [{ data: this.data, path: [] }];
    const names = new Set<string>();
    return this.data.tests.flatMap((test: unknown, index) => {
      if (!isMap(test)) return [];
      const name = String(test.name ?? index);
      if (names.has(name)) {
        this.report({
          code: 'DUPLICATE_TEST',
          message: `two tests of this file are called "${name}"`,
          path: ['tests', index, 'name'],
          expected: 'a name that no other test of the file has',
          got: name,
        });
      }
      names.add(name);
      return [{ data: test, path: ['tests', index], name }];
    });
  }

  private checkRequirements({ requirements: ids }: Readonly<Record<string, unknown>>, path: Path): void {
    if (!Array.isArray(ids)) return;
    ids.forEach((id: unknown, index) => {
      if (typeof id !== 'string' || requirement(id) !== undefined) return;
      const near = nearest(id, Object.keys(requirements()));
      this.report({
        code: 'UNKNOWN_REQUIREMENT',
        message: `there is no requirement "${id}"`,
        path: [...path, 'requirements', index],
        expected: 'an id of engine/requirements/rfc-requirements.yaml',
        got: id,
        fix: near === undefined ? undefined : `write ${near}`,
      });
    });
  }

  /** Checks what all rows of a test have in common; this is where the time goes, and it does not grow with the rows. */
  private check({ data, path, name }: AuthoredTest): CheckedTest {
    const report = (mistake: Mistake): void => this.report(mistake);
    const sources = [{ matrix: this.data.matrix, table: this.data.table, path: [] as Path }];
    if (name !== undefined) sources.push({ matrix: data.matrix, table: data.table, path });
    const outside = this.context(this.options.language.compiler());
    const facts = new NameScope();
    for (const { name: fact, type } of labNames) facts.declare({ name: fact, kind: 'fact', type });
    const compileCell = (value: unknown, at: Path): Template => constantOf(compileTemplate(value, at, facts, outside));
    const rows = makeRows(sources, compileCell, report);
    const rowType = { name: 'row', doc: 'The row of the test.', fields: rowFields(rows ?? []) };
    const context = this.context(this.options.language.compiler(rows === undefined ? [] : [rowType]));
    const rowScope = new NameScope();
    const noRows = 'this test has no rows: it needs a table or a matrix';
    if (rows === undefined) rowScope.hide('row', noRows);
    else rowScope.declare({ name: 'row', kind: 'fact', type: 'row' });
    const scope = rowScope.inner();
    for (const fact of facts.own()) scope.declare(fact);
    const stackSources = [...this.settings.stacks];
    if (name !== undefined && isMap(data.stacks)) {
      stackSources.push({ document: this.document, notes: data.stacks, path: [...path, 'stacks'] });
    }
    const stacks = compileNotes(stackSources.reverse(), rowScope, context);
    const vars = this.checkVars(
      sources.map((source) => source.path),
      scope,
      context,
    );
    const setup = name === undefined ? [] : checkSteps(this.data.setup, ['setup'], scope, context);
    const steps = checkSteps(data.steps, [...path, 'steps'], scope, context);
    const finallySteps = checkSteps(this.data.finally, ['finally'], scope, context);
    return { rows, vars, steps: [...setup, ...steps], finallySteps, stacks };
  }

  private context(compiler: ExpressionCompiler): StepsContext {
    return {
      document: this.document,
      compiler,
      problems: this.problems,
      definitions: this.definitions,
      constants: this.options.language.vocabulary.constants,
      used: (known) => {
        for (const { path } of [known, ...(known.others ?? [])]) this.#usedPaths.add(JSON.stringify(path));
      },
      declared: (known) => {
        if (known.kind === 'value' && known.path.at(-1) === known.name)
          this.#values.set(JSON.stringify(known.path), known);
      },
    };
  }

  private checkVars(places: readonly Path[], scope: NameScope, context: StepsContext): (readonly [string, Template])[] {
    return places.flatMap((place) => {
      const data = place.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], this.data);
      const { vars } = data as { vars?: unknown };
      if (!isMap(vars)) return [];
      return Object.entries(vars).map(([name, authored]) => {
        const path = [...place, 'vars', name];
        const template = compileTemplate(authored, path, scope, context);
        declareName({ name, kind: 'value', type: typeOfTemplate(template), path }, { path, at: 'key' }, scope, context);
        return [name, template] as const;
      });
    });
  }

  private expand(authored: AuthoredTest, checked: CheckedTest): PlannedTest[] {
    const { settings, options } = this;
    const rows: readonly (Row | undefined)[] = checked.rows ?? [undefined];
    const families = settings.over ?? [undefined];
    return families.flatMap((over) =>
      options.stacks.flatMap((stack) =>
        rows.map((row) => this.plannedTest(authored, checked, { row, stack, over, showsOver: families.length > 1 })),
      ),
    );
  }

  private plannedTest(
    { data, path, name }: AuthoredTest,
    checked: CheckedTest,
    { row, stack, over, showsOver }: { row?: Row; stack: string; over?: string; showsOver: boolean },
  ): PlannedTest {
    const { document, settings } = this;
    const parts = [name, showsOver ? over : undefined, row?.name].filter((part) => part !== undefined);
    const about = data.about ?? this.data.about;
    return {
      id: `${document.file}${parts.length === 0 ? '' : `#${parts.join(' › ')}`}${stack === 'linux' ? '' : `@${stack}`}`,
      file: document.file,
      title: this.title(),
      name: [this.title(), ...parts].join(' › '),
      row: row?.name ?? null,
      about: about === undefined ? undefined : String(about).trim(),
      requirements: texts(this.data.requirements, name === undefined ? [] : data.requirements),
      origin: texts(this.data.origin),
      tags: settings.tags,
      stack,
      expectation: expectationFor(stack, row, checked.stacks, this.problems),
      lab: settings.lab,
      over: over as PlannedTest['over'],
      tolerance: settings.tolerance,
      silence: this.data.silence === true,
      rowValues: row?.values ?? {},
      vars: checked.vars,
      steps: checked.steps,
      finallySteps: checked.finallySteps,
      where: { file: document.file, path: row?.path ?? path },
      document,
    };
  }
}

function rowFields(
  rows: readonly Row[],
): Record<string, { type: string; doc: string; read: (row: Record<string, unknown>) => unknown }> {
  const types = columnTypes(rows, typeOfTemplate);
  return Object.fromEntries(
    Object.entries(types).map(([column, type]) => [
      column,
      { type, doc: 'A column of the row.', read: (row: Record<string, unknown>) => row[column] ?? null },
    ]),
  );
}

/** The value of a template that needs no run to be known, else the template. */
function constantOf(template: Template): Template {
  return template instanceof Expression && template.isConstant ? template.evaluate({}) : template;
}

function texts(...lists: unknown[]): string[] {
  return [
    ...new Set(
      lists.flatMap((list) => (Array.isArray(list) ? list.map(String) : typeof list === 'string' ? [list] : [])),
    ),
  ];
}
