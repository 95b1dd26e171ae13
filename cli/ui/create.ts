import { omitUndefined } from '../../protocol/fields.ts';
import type { InUse } from '../command-line.ts';
import type { Context } from '../context.ts';
import { isUserError } from '../errors.ts';
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

type Parts = Omit<Context, 'ui' | 'cwd' | 'home' | 'execPath' | 'keyring'>;

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
    : new PlainRenderer(common);
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

/** Events that are printed with `--quiet` too. */
const NEEDED: ReadonlySet<UiEvent['type']> = new Set(['row', 'rows', 'warning', 'debug', 'instruction']);

/** Writes whole lines: no colour, no carriage return, nothing redrawn. For pipes, logs, `--json` and dumb terminals. */
export class PlainRenderer implements Renderer {
  readonly #options: RendererOptions;
  /** Tasks whose start is not printed yet. */
  readonly #started = new Map<string, NodeJS.Timeout>();
  #lastProgress: number;
  #isBlank = true;

  constructor(options: RendererOptions) {
    this.#options = options;
    this.#lastProgress = options.now().getTime();
  }

  event(event: PrintedEvent): void {
    const { stdout, debug, quiet } = this.#options;
    if (quiet && !NEEDED.has(event.type)) return;
    switch (event.type) {
      case 'row':
        writeLines(stdout, this.#row(event));
        break;
      case 'rows':
        writeLines(
          stdout,
          event.rows.flatMap((row) => this.#row(row)),
        );
        break;
      case 'warning':
        this.#say(...prefixed('warning: ', event.text));
        break;
      case 'debug':
        if (debug) this.#say(...prefixed('debug: ', event.text));
        break;
      case 'instruction':
      case 'note':
        this.#say(...shownLines(event.text, PLAIN));
        break;
      case 'heading':
        this.#say(
          ...(this.#isBlank ? [] : [line``]),
          line`${event.text}`,
          ...(event.below === undefined ? [] : [line`${event.below}`]),
        );
        break;
      case 'task-started':
        this.#startTask(event.task);
        break;
      case 'task-done':
        this.#endTask(event.task, event.detail ?? 'done');
        break;
      case 'task-failed':
        this.#endTask(event.task, `failed${event.detail === undefined ? '' : ` (${event.detail})`}`);
        break;
      case 'task-interrupted':
        this.#endTask(event.task, 'interrupted');
        break;
      case 'resource':
        if (!isUnderWay(event)) this.#say(line`  ${resourceLine(event)}`);
        break;
      case 'transfer':
        this.#sayTransfer(event);
        break;
    }
  }

  suspend(): void {}

  resume(): void {}

  close(): void {
    for (const timer of this.#started.values()) clearTimeout(timer);
    this.#started.clear();
  }

  #row({ text, document }: Row<PrintedText>): Shown[] {
    return this.#options.json ? [Shown.json(document)] : shownLines(text, PLAIN);
  }

  #startTask(task: string): void {
    this.#started.set(task, setTimeout(() => this.#sayStarted(task), SHORT_MS).unref());
  }

  #sayStarted(task: string): void {
    clearTimeout(this.#started.get(task));
    if (this.#started.delete(task)) this.#write(line`${task}…`);
  }

  #endTask(task: string, how: string): void {
    clearTimeout(this.#started.get(task));
    this.#started.delete(task);
    this.#say(line`${task}: ${how}`);
  }

  #sayTransfer(event: TransferEvent): void {
    const now = this.#options.now().getTime();
    if (now - this.#lastProgress < INTERVAL_MS) return;
    this.#lastProgress = now;
    const moved = [progressLine(event), filesLine(event)].filter((part) => part !== undefined).join('  ');
    const trouble = troubleLine(event);
    this.#say(line`${moved}`, ...(trouble === undefined ? [] : [line`${trouble}`]));
  }

  /** Prints lines, and before them the start of each task that they may belong to. */
  #say(...lines: Shown[]): void {
    for (const task of [...this.#started.keys()]) this.#sayStarted(task);
    this.#write(...lines);
  }

  #write(...lines: Shown[]): void {
    this.#isBlank = false;
    writeLines(this.#options.stderr, lines);
  }
}

/** Returns the end of a task that threw an error. */
export function endedBy(error: unknown, task: string): UiEvent {
  const isInterrupted = isUserError(error) && error.code === 'interrupted';
  return { type: isInterrupted ? 'task-interrupted' : 'task-failed', task };
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
    ui.event(endedBy(error, task));
    throw error;
  }
}
