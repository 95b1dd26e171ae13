import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { InputStream } from '../context.ts';
import { interrupted } from '../errors.ts';
import { QuestionLine, type QuestionOptions, type QuestionScreen } from './question-line.ts';
import { line, writeLines } from './shown.ts';
import type { JobControl } from './ui.ts';

export interface PromptStreams extends QuestionScreen {
  readonly stdin: InputStream;
  readonly signal: AbortSignal;
  readonly jobControl?: JobControl;
}

/** readline echoes what is typed, secrets too: what is shown is drawn by a `QuestionLine` instead. */
class Muted extends Writable {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/**
 * Asks for one line, edited with the usual keys. It is drawn again after any change of size and after Ctrl-Z and `fg`:
 * nothing typed is lost or echoed.
 * @throws {UserError} `interrupted` for Ctrl-C, Ctrl-D, a terminal that goes away, and an aborted signal
 */
export function prompt(options: QuestionOptions, streams: PromptStreams): Promise<string> {
  const { stdin, stderr, signal, dumb, jobControl } = streams;
  if (signal.aborted) return Promise.reject(interrupted());
  // On a dumb terminal, the system echoes and edits a line, except secrets.
  const isRaw = !dumb || options.secret === true;
  const reader = createInterface({ input: stdin, output: new Muted(), terminal: isRaw, historySize: 0 });
  const question = new QuestionLine(options, streams);
  return new Promise((resolve, reject) => {
    const stopDrawing = keepDrawn(question, reader, streams, isRaw);
    const end = () => {
      stopDrawing();
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
      question.finish(answer);
      end();
      // On a dumb terminal, the system has already echoed the end of the line.
      if (isRaw) writeLines(stderr, [line``]);
      resolve(answer);
    });
    reader.on('SIGINT', interrupt);
    reader.on('SIGTSTP', () => jobControl?.stop());
    reader.on('close', interrupt);
    signal.addEventListener('abort', interrupt);
    question.begin();
    question.draw(reader);
  });
}

/**
 * Draws the question again after each key, each change of size, and `fg`.
 * @param isRaw Whether keys are read one by one.
 * @returns a function that ends this
 */
function keepDrawn(
  question: QuestionLine,
  reader: Interface,
  { stdin, stderr, jobControl }: PromptStreams,
  isRaw: boolean,
): () => void {
  let waiting: NodeJS.Immediate | undefined;
  let ended = false;
  // What is pasted comes as many keys at once. The key that ends the answer arrives after the end, and must not draw again.
  const typed = () => {
    if (ended) return;
    waiting ??= setImmediate(() => {
      waiting = undefined;
      question.draw(reader);
    });
  };
  const resized = () => question.redraw(reader);
  const unwatch = jobControl?.watch({
    suspend() {
      stdin.setRawMode?.(false);
      writeLines(stderr, [line``]);
    },
    resume() {
      if (isRaw) stdin.setRawMode?.(true);
      question.begin();
      question.draw(reader);
    },
  });
  stdin.on('keypress', typed);
  stderr.on('resize', resized);
  return () => {
    ended = true;
    if (waiting !== undefined) clearImmediate(waiting);
    unwatch?.();
    stdin.off('keypress', typed);
    stderr.off('resize', resized);
  };
}
