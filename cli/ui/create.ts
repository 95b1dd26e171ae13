import { omitUndefined } from '../../protocol/fields.ts';
import type { InUse } from '../command-line.ts';
import type { Context } from '../context.ts';
import type { PrintedEvent, Row, TransferEvent, UiEvent } from './events.ts';
import { filesLine, progressLine, troubleLine } from './progress-line.ts';
import { isUnderWay, resourceLine } from './resource-words.ts';
import {
  line,
  lookOf,
  PLAIN,
  type PrintedText,
  printedText,
  Shown,
  shownLines,
  writeLines,
} from './shown.ts';
import type { Renderer, RendererOptions, Ui } from './ui.ts';

type Parts = Pick<
  Context,
  | 'stdin'
  | 'stdout'
  | 'stderr'
  | 'now'
  | 'options'
  | 'signal'
  | 'env'
  | 'platform'
  | 'jobControl'
  | 'sent'
  | 'inUse'
>;

/**
 * Creates the ui for these streams: redrawn on a terminal, whole lines elsewhere, JSON rows with `--json`. If standard
 * output is a pipe, its reader can print to the same terminal at any time, so nothing is redrawn.
 */
export async function createUi(parts: Parts): Promise<Ui> {
  const { stdin, stdout, stderr, now, options, signal, env, jobControl, sent, inUse } = parts;
  const { json, quiet, debug } = options;
  const common = { stdout, stderr, now, json, quiet, debug };
  const { paint, symbols } = lookOf(stderr, parts);
  const isRedrawn = symbols !== undefined && lookOf(stdout, parts).symbols !== undefined && !json;
  const renderer = isRedrawn
    ? new (await import('./terminal.ts')).TerminalRenderer({ ...common, look: { paint, symbols } })
    : plainRenderer(common);
  jobControl?.watch(renderer);
  if (isRedrawn) stderr.on('resize', () => renderer.resume());
  const streams = {
    stdin,
    stderr,
    signal,
    paint,
    dumb: env.TERM === 'dumb',
    reflows: reflows(env),
    ...omitUndefined({ jobControl }),
  };
  // A question needs a visible prompt and an input to answer it.
  const interactive = stdin.isTTY === true && stderr.isTTY === true && !json;
  return {
    interactive,
    event: (event) => renderer.event(sent.removedFrom(printedEvent(event, inUse))),
    close: () => renderer.close(),
    async ask(question) {
      const { askUser, cannotAsk } = await import('./questions.ts');
      if (!interactive) throw cannotAsk(question.prompt, question.flag);
      renderer.close();
      return askUser(question, streams);
    },
    async confirm(prompt, flag) {
      const { cannotConfirm, confirmUser } = await import('./questions.ts');
      if (!interactive) throw cannotConfirm(prompt, flag);
      renderer.close();
      return confirmUser(prompt, streams);
    },
  };
}

/** Whether a terminal wraps its lines again when its width changes. xterm and GNU screen do not; tmux within them does. */
function reflows({ TMUX, STY, XTERM_VERSION }: Context['env']): boolean {
  return TMUX !== undefined || (STY === undefined && XTERM_VERSION === undefined);
}

/** Returns an event in which commands name the deployment in use. */
export function printedEvent(event: UiEvent, inUse: InUse): PrintedEvent {
  if (event.type === 'rows') {
    return { ...event, rows: event.rows.map((row) => ({ ...row, text: printedText(row.text, inUse) })) };
  }
  return 'text' in event && event.type !== 'heading'
    ? { ...event, text: printedText(event.text, inUse) }
    : event;
}

/** Minimum milliseconds between two progress lines in a log. */
const INTERVAL_MS = 10_000;

/** Tasks that take less than this get a single line, when they end. Milliseconds. */
const SHORT_MS = 2_000;

/** Returns the lines of a text: the first one after its label, the others below it. */
function prefixed(word: string, text: PrintedText): Shown[] {
  return shownLines(text, PLAIN).map((one, at) => line`${at === 0 ? word : '  '}${one}`);
}

/** Writes whole lines: no colour, no carriage return, nothing redrawn. For pipes, logs, `--json` and dumb terminals. */
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

/** Runs work as a task: shows its start, and its end or failure. `detail`, if any, is shown at the end. */
export async function asTask<T>(
  ui: Ui,
  task: string,
  detail: string | ((result: T) => string) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  ui.event({ type: 'task-started', task });
  try {
    const result = await work();
    const shown = typeof detail === 'function' ? detail(result) : detail;
    ui.event({ type: 'task-done', task, ...omitUndefined({ detail: shown }) });
    return result;
  } catch (error) {
    ui.event({ type: 'task-failed', task });
    throw error;
  }
}
