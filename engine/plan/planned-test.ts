import type { SourceDocument } from '../loader';
import type { CheckedStep, Template, Where } from '../steps';

/** What the author says will come of a test on this stack. */
export type Expectation =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'fails' | 'skip';
      readonly reason: string;
      readonly issue?: string;
      /** The note holds only for these versions of the stack, such as `<2023`. */
      readonly version?: string;
    };

/** One test of one stack, checked and ready to run: all that the runner needs, as plain data. */
export interface PlannedTest {
  /** Never changes while the names stay: file, `#` and names, `@` and the stack unless it is linux. */
  readonly id: string;
  readonly file: string;
  readonly title: string;
  /** Title, the test's name, `over` and the row, joined by ` › `. */
  readonly name: string;
  readonly row: string | null;
  readonly about?: string;
  readonly requirements: readonly string[];
  readonly origin: readonly string[];
  readonly tags: readonly string[];
  readonly stack: string;
  readonly expectation: Expectation;
  /** Options of the lab, as authored in the case and its folders. */
  readonly lab: Readonly<Record<string, unknown>>;
  readonly over?: 'ipv4' | 'ipv6' | 'mapped';
  readonly tolerance?: string;
  /** Frames that no step took make the test fail. */
  readonly silence: boolean;
  /** Cells of the row; one that is an expression is evaluated before `vars`, a missing one is null. */
  readonly rowValues: Readonly<Record<string, Template>>;
  /** Evaluated in order at the start of the test. */
  readonly vars: readonly (readonly [name: string, value: Template])[];
  /** `setup` and `steps`. */
  readonly steps: readonly CheckedStep[];
  readonly finallySteps: readonly CheckedStep[];
  readonly where: Where;
  /** Where `where`s of this test are looked up. */
  readonly document: SourceDocument;
}
