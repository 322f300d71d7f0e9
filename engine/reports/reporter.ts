import type { Reporter } from '../runner';
import type { Output } from './output';

/** A kind of report, as `--reporter` names it. */
export interface ReporterDefinition {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly doc: string;
  /** A reporter of one run; it writes to `output` and does not close it. */
  create(output: Output): Reporter;
}
