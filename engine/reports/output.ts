import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where a reporter writes: a terminal, a pipe or a file. */
export interface Output {
  /** A terminal: what was written can be drawn over, and a person watches. */
  readonly isTerminal: boolean;
  /** Colours are wanted. */
  readonly color: boolean;
  /** Width of the terminal; Infinity elsewhere. */
  readonly columns: number;
  write(text: string): void;
  close(): void;
}

/** The process's own output. Colours on a terminal, unless NO_COLOR is set; FORCE_COLOR wants them in a pipe too. */
export function streamOutput(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY === true,
    color: wantsColor(stream),
    get columns() {
      return stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY;
    },
    write: (text) => void stream.write(text),
    close: () => {},
  };
}

/**
 * A file, made with its folders at once, so that a place that cannot be written to shows before anything runs.
 *
 * @throws Node's error of mkdir or open
 */
export function fileOutput(file: string): Output {
  mkdirSync(dirname(file), { recursive: true });
  const fd = openSync(file, 'w');
  return {
    isTerminal: false,
    color: false,
    columns: Number.POSITIVE_INFINITY,
    write: (text) => void writeSync(fd, text),
    close: () => closeSync(fd),
  };
}

/** Whether text for this stream is coloured. */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}
