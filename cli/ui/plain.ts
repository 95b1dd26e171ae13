import type { OutputStream } from '../context.ts';
import type { TransferEvent, UiEvent } from './events.ts';
import { progressLine, troubleLine } from './progress-line.ts';
import { isFailure, isUnderWay, resourceName, statusWords } from './resource-words.ts';
import { line, painter, Shown, shownLines, type Text, writeLines } from './shown.ts';

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
  event(event: UiEvent): void;
  /** Takes away what is being drawn and gives the cursor back: the terminal is somebody else's for a while. */
  suspend(): void;
  /** Draws again: after that, or because the terminal has another size. */
  resume(): void;
  close(): void;
}

const plain = painter(false);

/** The lines of a text, the first of them behind our own word for what it is, the others below it. */
function prefixed(word: string, text: Text): Shown[] {
  return shownLines(text, plain).map((one, at) => line`${at === 0 ? word : '  '}${one}`);
}

/** A resource's change in one line; what is only under way has none but for the long ones. */
export function resourceLine(event: Extract<UiEvent, { type: 'resource' }>): Shown {
  const why = isFailure(event) && event.reason !== undefined ? `: ${event.reason}` : '';
  return line`${resourceName(event.resourceType)} ${statusWords(event.status)}${why}`;
}

/** Whole lines only: no colour, no carriage return, nothing redrawn. For pipes, logs, `--json` and dumb terminals. */
export function plainRenderer({ stdout, stderr, now, json, quiet, debug }: RendererOptions): Renderer {
  let lastProgress = now().getTime();
  const begun = new Map<string, NodeJS.Timeout>();
  const write = (...lines: Shown[]) => writeLines(stderr, lines);
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
    const trouble = troubleLine(event);
    say(line`${progressLine(event)}`, ...(trouble === undefined ? [] : [line`${trouble}`]));
  };
  return {
    event(event) {
      if (event.type === 'row') {
        writeLines(stdout, json ? [Shown.json(event.document)] : shownLines(event.text, plain));
      } else if (event.type === 'warning') {
        say(...prefixed('warning: ', event.text));
      } else if (event.type === 'debug') {
        if (debug) say(...prefixed('debug: ', event.text));
      } else if (event.type === 'instruction') {
        say(...shownLines(event.text, plain));
      } else if (quiet) {
        return;
      } else if (event.type === 'transfer') {
        progress(event);
      } else if (event.type === 'resource') {
        if (!isUnderWay(event)) say(line`  ${resourceLine(event)}`);
      } else if (event.type === 'heading') {
        say(line``, line`${event.text}`, line`${event.below}`);
      } else if (event.type === 'note') {
        say(...shownLines(event.text, plain));
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
