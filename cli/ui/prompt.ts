import { clearLine, clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import stringWidth from 'fast-string-width';
import type { InputStream } from '../context.ts';
import { interrupted } from '../errors.ts';
import { cutEnd, cutStart, fits } from './columns.ts';
import type { JobControl } from './job-control.ts';
import type { OutputStream } from './shown.ts';
import { line, type Paint, type Shown, visible, writeLines, writePart } from './shown.ts';

export interface PromptStreams {
  readonly stdin: InputStream;
  /** Never stdout, which belongs to results. */
  readonly stderr: OutputStream;
  readonly signal: AbortSignal;
  readonly paint: Paint;
  /** A terminal that cannot go back within a line (`TERM=dumb`). */
  readonly dumb: boolean;
  readonly jobControl?: JobControl;
}

export interface PromptOptions {
  readonly message: string;
  /** Shown as dots. */
  readonly secret?: boolean;
}

/** Columns that an answer has at least; a longer question is above it. */
const LEAST_COLUMNS = 24;

/** readline echoes what is typed, secrets too: what is shown is drawn here instead. */
class Muted extends Writable {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/**
 * Asks for one line, edited with the usual keys. The answer is on one row of the terminal, scrolled where it is longer, so
 * that it can be drawn again after any change of size and after Ctrl-Z and `fg`: nothing typed is lost or echoed.
 * @throws {UserError} `interrupted` for Ctrl-C, Ctrl-D, a terminal that goes away, and an aborted signal
 */
export function prompt({ message, secret = false }: PromptOptions, streams: PromptStreams): Promise<string> {
  const { stdin, stderr, signal, paint, dumb, jobControl } = streams;
  if (signal.aborted) return Promise.reject(interrupted());
  const columns = () => Math.max(LEAST_COLUMNS, stderr.columns ?? 80);
  // On a dumb terminal the system echoes and edits a line, secrets apart.
  const drawn = !dumb;
  const reader = createInterface({
    input: stdin,
    output: new Muted(),
    terminal: drawn || secret,
    historySize: 0,
  });

  const isWide = () => !fits(`? ${visible(message)} `, columns() - LEAST_COLUMNS);
  const head = (): Shown =>
    isWide() ? line`${paint('green', '›')} ` : line`${paint('green', '?')} ${paint('bold', message)} `;
  const headWidth = () => stringWidth(isWide() ? '› ' : `? ${visible(message)} `);
  /** Columns of the question above the answer; 0 if it is on the same line. */
  let above = 0;
  /** Column of the cursor as last drawn. */
  let cursorAt = 0;
  const begin = () => {
    above = isWide() ? stringWidth(`? ${visible(message)}`) : 0;
    if (isWide()) writeLines(stderr, [line`${paint('green', '?')} ${paint('bold', message)}`]);
    if (!drawn) writePart(stderr, head());
  };
  const display = (text: string) => (secret ? '•'.repeat(Array.from(text).length) : visible(text));

  const draw = () => {
    if (!drawn) return;
    const space = columns() - headWidth() - 1;
    const before = cutStart(display(reader.line.slice(0, reader.cursor)), space);
    const after = cutEnd(display(reader.line.slice(reader.cursor)), space - stringWidth(before));
    cursorTo(stderr, 0);
    clearLine(stderr, 0);
    writePart(stderr, line`${head()}${before}${after}`);
    cursorAt = headWidth() + stringWidth(before);
    cursorTo(stderr, cursorAt);
  };

  /** Draws the question again for another width. Terminals have wrapped what was drawn into rows of that width. */
  const resized = () => {
    if (!drawn) return;
    const width = Math.max(1, stderr.columns ?? 80);
    const rows = Math.ceil(above / width) + Math.floor(cursorAt / width);
    moveCursor(stderr, 0, -rows);
    cursorTo(stderr, 0);
    clearScreenDown(stderr);
    begin();
    draw();
  };

  return new Promise((resolve, reject) => {
    let waiting: NodeJS.Immediate | undefined;
    let ended = false;
    // What is pasted comes as many keys at once. The key that ends the answer arrives after `end`, and must not draw again.
    const typed = () => {
      if (ended) return;
      waiting ??= setImmediate(() => {
        waiting = undefined;
        draw();
      });
    };
    const unwatch = jobControl?.watch({
      suspend() {
        stdin.setRawMode?.(false);
        writeLines(stderr, [line``]);
      },
      resume() {
        if (drawn || secret) stdin.setRawMode?.(true);
        begin();
        draw();
      },
    });
    const end = () => {
      ended = true;
      if (waiting !== undefined) clearImmediate(waiting);
      unwatch?.();
      stdin.off('keypress', typed);
      stderr.off('resize', resized);
      signal.removeEventListener('abort', interrupt);
      reader.off('close', interrupt);
      reader.close();
    };
    const interrupt = () => {
      end();
      writeLines(stderr, [line``]);
      reject(interrupted());
    };
    reader.on('line', (answer) => {
      if (drawn) {
        cursorTo(stderr, 0);
        clearLine(stderr, 0);
        const space = columns() - headWidth() - 1;
        writePart(stderr, line`${head()}${cutEnd(display(answer), space)}`);
      }
      end();
      // On a dumb terminal the system has echoed the end of the line already.
      if (drawn || secret) writeLines(stderr, [line``]);
      resolve(answer);
    });
    reader.on('SIGINT', interrupt);
    reader.on('SIGTSTP', () => jobControl?.stop());
    reader.on('close', interrupt);
    signal.addEventListener('abort', interrupt);
    stdin.on('keypress', typed);
    stderr.on('resize', resized);
    begin();
    draw();
  });
}
