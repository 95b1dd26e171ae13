import type { OutputStream } from '../context.ts';
import type { PrintedEvent, Row, TransferEvent } from './events.ts';
import { PLAIN, shownLines } from './look.ts';
import { filesLine, progressLine, troubleLine } from './progress-line.ts';
import { isFailure, isUnderWay, resourceName, statusWords } from './resource-words.ts';
import { line, type PrintedText, Shown, writeLines } from './shown.ts';

/** A progress line at most this often: a log is read afterwards. */
const INTERVAL_MS = 10_000;

/** What takes less than this has one line, when it is done. */
const SHORT_MS = 2_000;

export interface RendererOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly now: () => Date;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

export interface Renderer {
  event(event: PrintedEvent): void;
  /** Clears what is drawn and shows the cursor: the shell has the terminal for a while. */
  suspend(): void;
  /** Draws again, after `suspend` or in another size. */
  resume(): void;
  close(): void;
}

/** The lines of a text, the first of them behind our own word for what it is, the others below it. */
function prefixed(word: string, text: PrintedText): Shown[] {
  return shownLines(text, PLAIN).map((one, at) => line`${at === 0 ? word : '  '}${one}`);
}

/** Returns the change of a resource in one line, with the reason of a failure. */
export function resourceLine(event: Extract<PrintedEvent, { type: 'resource' }>): Shown {
  const why = isFailure(event) && event.reason !== undefined ? `: ${event.reason}` : '';
  return line`${resourceName(event.resourceType)} ${statusWords(event.status)}${why}`;
}

/** Whole lines only: no colour, no carriage return, nothing redrawn. For pipes, logs, `--json` and dumb terminals. */
export function plainRenderer({ stdout, stderr, now, json, quiet, debug }: RendererOptions): Renderer {
  let lastProgress = now().getTime();
  const begun = new Map<string, NodeJS.Timeout>();
  let isBlank = true;
  const write = (...lines: Shown[]) => {
    isBlank = false;
    writeLines(stderr, lines);
  };
  const rowLines = ({ text, document }: Row<PrintedText>) =>
    json ? [Shown.json(document)] : shownLines(text, PLAIN);
  const sayBegun = (task: string) => {
    clearTimeout(begun.get(task));
    if (begun.delete(task)) write(line`${task}…`);
  };
  const say = (...lines: Shown[]) => {
    for (const task of [...begun.keys()]) sayBegun(task);
    write(...lines);
  };
  const sayEnded = (task: string, how: string) => {
    clearTimeout(begun.get(task));
    begun.delete(task);
    say(line`${task}: ${how}`);
  };
  const progress = (event: TransferEvent) => {
    if (now().getTime() - lastProgress < INTERVAL_MS) return;
    lastProgress = now().getTime();
    const moved = [progressLine(event), filesLine(event)].filter((part) => part !== undefined).join('  ');
    const trouble = troubleLine(event);
    say(line`${moved}`, ...(trouble === undefined ? [] : [line`${trouble}`]));
  };
  return {
    event(event) {
      if (event.type === 'row') {
        writeLines(stdout, rowLines(event));
      } else if (event.type === 'rows') {
        writeLines(stdout, event.rows.flatMap(rowLines));
      } else if (event.type === 'warning') {
        say(...prefixed('warning: ', event.text));
      } else if (event.type === 'debug') {
        if (debug) say(...prefixed('debug: ', event.text));
      } else if (event.type === 'instruction') {
        say(...shownLines(event.text, PLAIN));
      } else if (quiet) {
        return;
      } else if (event.type === 'transfer') {
        progress(event);
      } else if (event.type === 'resource') {
        if (!isUnderWay(event)) say(line`  ${resourceLine(event)}`);
      } else if (event.type === 'heading') {
        const below = event.below === undefined ? [] : [line`${event.below}`];
        say(...(isBlank ? [] : [line``]), line`${event.text}`, ...below);
      } else if (event.type === 'note') {
        say(...shownLines(event.text, PLAIN));
      } else if (event.type === 'task-started') {
        begun.set(event.task, setTimeout(() => sayBegun(event.task), SHORT_MS).unref());
      } else if (event.type === 'task-done') {
        sayEnded(event.task, event.detail ?? 'done');
      } else if (event.type === 'task-failed') {
        sayEnded(event.task, `failed${event.detail === undefined ? '' : ` (${event.detail})`}`);
      }
    },
    suspend() {},
    resume() {},
    close() {
      for (const timer of begun.values()) clearTimeout(timer);
      begun.clear();
    },
  };
}
