import { InvalidArgumentError } from 'commander';

/** `--jobs`, `--repeat`. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

/** `--seed`: 32 bits. */
export function seed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffffffff) {
    throw new InvalidArgumentError('It is a whole number from 0 to 4294967295.');
  }
  return Number(text);
}

/** `--time-scale`. */
export function factor(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('It is a number above 0.');
  return Number(text);
}

/** `--tolerance`: as in a case. */
export function duration(text: string): string {
  if (!/^\d+(\.\d+)?(ns|us|ms|s|m)$/.test(text))
    throw new InvalidArgumentError('It is a duration with its unit: 10ms.');
  return text;
}

/** `--filter`. */
export function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** `--stack`: names with commas between. */
export function stacks(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError('It is at least one name.');
  return [...new Set(names)];
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** A report and where it goes; standard output without `file`. */
export interface ReporterChoice {
  readonly name: string;
  readonly file?: string;
}

/** `--reporter NAME` or `NAME=FILE`. */
export function reporter(text: string, before: readonly ReporterChoice[] = []): ReporterChoice[] {
  const [name = '', ...rest] = text.split('=');
  const file = rest.join('=');
  if (rest.length > 0 && file === '') throw new InvalidArgumentError('After = comes the name of a file.');
  return [...before, rest.length > 0 ? { name, file } : { name }];
}
