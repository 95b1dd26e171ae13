import ora from 'ora';
import { activeLines } from './active-lines.ts';
import { bar } from './bar.ts';
import { cutEnd, fits } from './columns.ts';
import type { PrintedEvent, TransferEvent } from './events.ts';
import { formatDuration, formatSeconds, wrap, wrapText } from './format.ts';
import { filesLine, progressLine, shareSent, troubleLine } from './progress-line.ts';
import {
  isFailure,
  isUnderWay,
  resourceLine,
  resourceName,
  summarizeResources,
  whyItTakes,
} from './resource-words.ts';
import {
  columnsOf,
  type Look,
  line,
  type Mark,
  marked,
  type OutputStream,
  type PrintedText,
  type Shown,
  shownLines,
  visible,
  writeLines,
} from './shown.ts';
import type { Renderer, RendererOptions } from './ui.ts';

/** Files shown one by one below the overall line. */
const ACTIVE_LINES = 4;
const SPINNER_MS = 80;
/** Columns for share, bytes, rate and time left. */
const NUMBERS_COLUMNS = 54;

export interface TerminalOptions extends Omit<RendererOptions, 'json'> {
  /** The look of standard output and standard error, which are terminals. */
  readonly look: Required<Look>;
}

interface Task {
  readonly since: number;
  readonly detail?: string;
}

/** Draws one block at the foot of the screen, again and again in place. What is finished becomes a line above it. */
export function terminalRenderer(options: TerminalOptions): Renderer {
  const { stdout, stderr, now, debug, quiet, look } = options;
  const { paint, symbols } = look;
  // Standard input stays ours: questions are asked while a block is drawn.
  const spinner = ora({
    stream: stderr,
    discardStdin: false,
    isEnabled: true,
    spinner: { interval: SPINNER_MS, frames: [...symbols.spinner] },
    color: `${paint('cyan', '')}` ? 'cyan' : false,
  });
  const tasks = new Map<string, Task>();
  const underWay = new Map<string, { type: string; since: number }>();
  let changed: Extract<PrintedEvent, { type: 'resource' }>[] = [];
  let transfer: TransferEvent | undefined;
  let ticking: NodeJS.Timeout | undefined;
  let suspended = false;
  let isStepByStep = false;
  let isBlank = true;

  const columns = () => columnsOf(stderr);
  const width = () => columns() - 4;
  const fit = (text: string) => cutEnd(visible(text), width());
  const elapsed = (since: number) => {
    const ms = now().getTime() - since;
    return ms < 3000 ? '' : ` (${formatDuration(ms)})`;
  };

  /** A task that is over. What does not fit beside it is below, broken between words. */
  const ended = (mark: Mark, task: string, detail: string): Shown[] => {
    const since = tasks.get(task)?.since ?? now().getTime();
    const time = isStepByStep ? `  ${formatSeconds(now().getTime() - since)}` : '';
    const head = marked(mark, task, look);
    if (detail === '') return [line`${head}${paint('dim', time)}`];
    if (fits(`✔ ${visible(task)}  ${visible(detail)}${time}`, columns())) {
      return [line`${head}  ${paint('dim', `${detail}${time}`)}`];
    }
    const below = wrap(visible(detail), columns() - 2);
    return [line`${head}${paint('dim', time)}`, ...below.map((text) => line`  ${paint('dim', text)}`)];
  };

  const progress = (event: TransferEvent): string[] => {
    const share = shareSent(event);
    // The bar keeps its width, whatever the numbers beside it.
    const drawn = share === undefined ? '' : bar(share, width() - NUMBERS_COLUMNS, symbols);
    const text = progressLine(event);
    const below = [filesLine(event), troubleLine(event)].filter((one) => one !== undefined);
    return [
      fit(drawn === '' ? text : `${drawn} ${text}`),
      ...below.map(fit),
      ...activeLines(event, width(), ACTIVE_LINES),
    ];
  };

  const block = (): string[] => {
    const lines = [...tasks].map(([task, { detail, since }]) =>
      fit(`${task}${detail === undefined ? '' : `: ${detail}`}${elapsed(since)}`),
    );
    for (const { type, since } of underWay.values()) {
      const why = whyItTakes(type);
      lines.push(
        fit(`waiting for the ${resourceName(type)}${why === undefined ? '' : `: ${why}`}${elapsed(since)}`),
      );
    }
    return transfer === undefined ? lines : [...lines, ...progress(transfer)];
  };

  const clear = () => {
    clearInterval(ticking);
    ticking = undefined;
    if (spinner.isSpinning) spinner.stop();
  };

  const draw = () => {
    const [head, ...rest] = quiet || suspended ? [] : block();
    if (head === undefined) {
      clear();
      return;
    }
    spinner.text = [line`${head}`, ...rest.map((text) => line`  ${paint('dim', text)}`)].join('\n');
    if (!spinner.isSpinning) spinner.start();
    ticking ??= setInterval(draw, 1000).unref();
  };

  /** Prints whole lines above the block. */
  const above = (stream: OutputStream, ...lines: Shown[]) => {
    if (spinner.isSpinning) spinner.stop();
    isBlank = false;
    writeLines(stream, lines);
  };
  const say = (...lines: Shown[]) => {
    if (!quiet) above(stderr, ...lines);
  };
  const wrapped = (text: PrintedText) => shownLines(wrapText(text, columns()), look);
  const noted = (sign: Shown, text: PrintedText) =>
    shownLines(wrapText(text, columns() - 2), look).map((one, at) => line`${at === 0 ? sign : ' '} ${one}`);

  const endTask = (mark: Mark, task: string, detail: string | undefined) => {
    const resources = summarizeResources(changed);
    changed = [];
    transfer = undefined;
    say(...ended(mark, task, [detail, resources].filter(Boolean).join('; ')));
    tasks.delete(task);
  };

  const resource = (event: Extract<PrintedEvent, { type: 'resource' }>) => {
    const { logicalId, resourceType: type, at } = event;
    const isStack = type === 'AWS::CloudFormation::Stack';
    if (isUnderWay(event)) {
      if (!isStack && !underWay.has(logicalId)) underWay.set(logicalId, { type, since: at.getTime() });
      return;
    }
    underWay.delete(logicalId);
    if (isFailure(event)) say(line`  ${marked('failed', resourceLine(event), look)}`);
    else if (!isStack) changed.push(event);
  };

  return {
    event(event) {
      switch (event.type) {
        case 'row':
          above(stdout, ...wrapped(event.text));
          break;
        case 'rows':
          above(stdout, ...event.rows.flatMap(({ text }) => wrapped(text)));
          break;
        case 'warning':
          above(stderr, ...noted(paint('yellow', symbols.marks.warning), event.text));
          break;
        case 'debug':
          if (debug) above(stderr, ...noted(line`·`, event.text).map((one) => paint('dim', one)));
          break;
        case 'heading':
          isStepByStep = true;
          say(
            ...(isBlank ? [] : [line``]),
            paint('bold', event.text),
            ...(event.below === undefined ? [] : [paint('dim', event.below)]),
          );
          break;
        case 'instruction':
          above(stderr, ...wrapped(event.text));
          break;
        case 'note':
          say(...wrapped(event.text));
          break;
        case 'task-started':
          tasks.set(event.task, { since: now().getTime() });
          break;
        case 'task-progress':
          tasks.set(event.task, { since: now().getTime(), ...tasks.get(event.task), detail: event.detail });
          break;
        case 'task-done':
          endTask('done', event.task, event.detail);
          break;
        case 'task-failed':
          endTask('failed', event.task, event.detail);
          break;
        case 'resource':
          resource(event);
          break;
        case 'transfer':
          transfer = event;
          break;
      }
      draw();
    },
    suspend() {
      suspended = true;
      clear();
    },
    resume() {
      suspended = false;
      draw();
    },
    close() {
      tasks.clear();
      underWay.clear();
      changed = [];
      transfer = undefined;
      draw();
    },
  };
}
