import type { OutputStream } from '../context.ts';
import type { TransferEvent, UiEvent } from './events.ts';
import { printable, printableLine } from './format.ts';
import { progressLine } from './progress-line.ts';
import { isFailure, isUnderWay, resourceName, statusWords } from './resource-words.ts';

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
  close(): void;
}

/** A resource's change in one line; what is only under way has none but for the long ones. */
export function resourceLine(event: Extract<UiEvent, { type: 'resource' }>): string {
  const why = event.reason === undefined ? '' : `: ${event.reason}`;
  return printable(
    `${resourceName(event.resourceType)} ${statusWords(event.status)}${isFailure(event) ? why : ''}`,
  );
}

/** Whole lines only: no colour, no carriage return, nothing redrawn. For pipes, logs, `--json` and dumb terminals. */
export function plainRenderer({ stdout, stderr, now, json, quiet, debug }: RendererOptions): Renderer {
  let lastProgress = now().getTime();
  const begun = new Map<string, NodeJS.Timeout>();
  const write = (text: string) => void stderr.write(`${text}\n`);
  const sayBegun = (task: string) => {
    clearTimeout(begun.get(task));
    if (begun.delete(task)) write(`${task}…`);
  };
  const say = (text: string) => {
    for (const task of [...begun.keys()]) sayBegun(task);
    write(text);
  };
  const sayEnded = (task: string, how: string) => {
    clearTimeout(begun.get(task));
    begun.delete(task);
    say(`${task}: ${how}`);
  };
  const progress = (event: TransferEvent) => {
    if (now().getTime() - lastProgress < INTERVAL_MS) return;
    lastProgress = now().getTime();
    say(progressLine(event));
  };
  return {
    event(event) {
      if (event.type === 'row') {
        stdout.write(`${json ? JSON.stringify(event.document) : event.text}\n`);
      } else if (event.type === 'warning') {
        say(`warning: ${printableLine(event.text)}`);
      } else if (event.type === 'debug') {
        if (debug) say(`debug: ${printable(event.text)}`);
      } else if (event.type === 'instruction') {
        say(event.text);
      } else if (quiet) {
        return;
      } else if (event.type === 'transfer') {
        progress(event);
      } else if (event.type === 'resource') {
        if (!isUnderWay(event)) say(`  ${resourceLine(event)}`);
      } else if (event.type === 'heading') {
        say(`\n${event.text}\n${event.below}`);
      } else if (event.type === 'note') {
        say(event.text);
      } else if (event.type === 'task-started') {
        begun.set(event.task, setTimeout(() => sayBegun(event.task), SHORT_MS).unref());
      } else if (event.type === 'task-done') {
        sayEnded(event.task, event.detail ?? 'done');
      } else if (event.type === 'task-failed') {
        sayEnded(event.task, `failed${event.detail === undefined ? '' : ` (${event.detail})`}`);
      }
    },
    close() {
      for (const timer of begun.values()) clearTimeout(timer);
      begun.clear();
    },
  };
}
