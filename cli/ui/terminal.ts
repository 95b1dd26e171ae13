import ora, { type Ora } from 'ora';
import { fits } from './columns.ts';
import type { PrintedEvent } from './events.ts';
import { formatSeconds, wrap, wrapText } from './format.ts';
import { isFailure, isUnderWay, resourceLine, summarizeResources } from './resource-words.ts';
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
import { type ResourceEvent, TerminalBlock } from './terminal-block.ts';
import type { Renderer, RendererOptions } from './ui.ts';

const SPINNER_MS = 80;
/** How often the times in the block are drawn again, in milliseconds. */
const TICK_MS = 1000;

export interface TerminalOptions extends Omit<RendererOptions, 'json'> {
  /** The styles of standard output and standard error, which are terminals. */
  readonly look: Required<Look>;
}

/** Redraws one block at the end of the output. Finished items become lines above it. */
export class TerminalRenderer implements Renderer {
  readonly #options: TerminalOptions;
  readonly #spinner: Ora;
  readonly #block: TerminalBlock;
  /** Resources that changed during the current task. */
  #changed: ResourceEvent[] = [];
  #ticking: NodeJS.Timeout | undefined;
  #suspended = false;
  /** Headings divide the output into steps, each with its time. */
  #isStepByStep = false;
  #isBlank = true;

  constructor(options: TerminalOptions) {
    this.#options = options;
    const { stderr, now, look } = options;
    // Standard input is not changed: questions are asked while the block is drawn.
    this.#spinner = ora({
      stream: stderr,
      discardStdin: false,
      isEnabled: true,
      spinner: { interval: SPINNER_MS, frames: [...look.symbols.spinner] },
      color: `${look.paint('cyan', '')}` ? 'cyan' : false,
    });
    this.#block = new TerminalBlock({ now, symbols: look.symbols, width: () => this.#columns() - 4 });
  }

  event(event: PrintedEvent): void {
    if (!this.#print(event)) this.#change(event);
    this.#draw();
  }

  suspend(): void {
    this.#suspended = true;
    this.#clear();
  }

  resume(): void {
    this.#suspended = false;
    this.#draw();
  }

  close(): void {
    this.#block.clear();
    this.#changed = [];
    this.#draw();
  }

  /** Prints an event that is lines. Returns false for others. */
  #print(event: PrintedEvent): boolean {
    const { stdout, stderr, debug, look } = this.#options;
    const { paint, symbols } = look;
    switch (event.type) {
      case 'row':
        this.#above(stdout, ...this.#wrapped(event.text));
        return true;
      case 'rows':
        this.#above(stdout, ...event.rows.flatMap(({ text }) => this.#wrapped(text)));
        return true;
      case 'warning':
        this.#above(stderr, ...this.#noted(paint('yellow', symbols.marks.warning), event.text));
        return true;
      case 'debug':
        if (debug) this.#above(stderr, ...this.#noted(line`·`, event.text).map((one) => paint('dim', one)));
        return true;
      case 'heading':
        this.#heading(event);
        return true;
      case 'instruction':
        this.#above(stderr, ...this.#wrapped(event.text));
        return true;
      case 'note':
        this.#say(...this.#wrapped(event.text));
        return true;
      default:
        return false;
    }
  }

  /** Changes what is under way. */
  #change(event: PrintedEvent): void {
    switch (event.type) {
      case 'task-started':
        this.#block.startTask(event.task);
        break;
      case 'task-progress':
        this.#block.detailTask(event.task, event.detail);
        break;
      case 'task-done':
        this.#endTask('done', event.task, event.detail);
        break;
      case 'task-failed':
        this.#endTask('failed', event.task, event.detail);
        break;
      case 'task-interrupted':
        this.#endTask('skipped', event.task, 'interrupted');
        break;
      case 'resource':
        this.#changeResource(event);
        break;
      case 'transfer':
        this.#block.transfer = event;
        break;
    }
  }

  #heading({ text, below }: Extract<PrintedEvent, { type: 'heading' }>): void {
    const { paint } = this.#options.look;
    this.#isStepByStep = true;
    this.#say(
      ...(this.#isBlank ? [] : [line``]),
      paint('bold', text),
      ...(below === undefined ? [] : [paint('dim', below)]),
    );
  }

  #endTask(mark: Mark, task: string, detail: string | undefined): void {
    const resources = summarizeResources(this.#changed);
    this.#changed = [];
    const ms = this.#block.endTask(task);
    this.#say(...this.#ended(mark, task, [detail, resources].filter(Boolean).join('; '), ms));
  }

  /** Returns the lines of a task that is over. What does not fit beside it is below, broken between words. */
  #ended(mark: Mark, task: string, detail: string, ms: number): Shown[] {
    const { look } = this.#options;
    const { paint } = look;
    const time = this.#isStepByStep ? `  ${formatSeconds(ms)}` : '';
    const head = marked(mark, task, look);
    if (detail === '') return [line`${head}${paint('dim', time)}`];
    if (fits(`✔ ${visible(task)}  ${visible(detail)}${time}`, this.#columns())) {
      return [line`${head}  ${paint('dim', `${detail}${time}`)}`];
    }
    const below = wrap(visible(detail), this.#columns() - 2);
    return [line`${head}${paint('dim', time)}`, ...below.map((text) => line`  ${paint('dim', text)}`)];
  }

  #changeResource(event: ResourceEvent): void {
    const isStack = event.resourceType === 'AWS::CloudFormation::Stack';
    const isOver = !isUnderWay(event);
    if (isOver || !isStack) this.#block.changeResource(event);
    if (!isOver) return;
    if (isFailure(event)) this.#say(line`  ${marked('failed', resourceLine(event), this.#options.look)}`);
    else if (!isStack) this.#changed.push(event);
  }

  #draw(): void {
    const { quiet, look } = this.#options;
    const [head, ...rest] = quiet || this.#suspended ? [] : this.#block.lines();
    if (head === undefined) {
      this.#clear();
      return;
    }
    this.#spinner.text = [line`${head}`, ...rest.map((text) => line`  ${look.paint('dim', text)}`)].join(
      '\n',
    );
    if (!this.#spinner.isSpinning) this.#spinner.start();
    this.#ticking ??= setInterval(() => this.#draw(), TICK_MS).unref();
  }

  #clear(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
    if (this.#spinner.isSpinning) this.#spinner.stop();
  }

  /** Prints whole lines above the block. */
  #above(stream: OutputStream, ...lines: Shown[]): void {
    if (this.#spinner.isSpinning) this.#spinner.stop();
    this.#isBlank = false;
    writeLines(stream, lines);
  }

  #say(...lines: Shown[]): void {
    if (!this.#options.quiet) this.#above(this.#options.stderr, ...lines);
  }

  #wrapped(text: PrintedText): Shown[] {
    return shownLines(wrapText(text, this.#columns()), this.#options.look);
  }

  #noted(sign: Shown, text: PrintedText): Shown[] {
    const lines = shownLines(wrapText(text, this.#columns() - 2), this.#options.look);
    return lines.map((one, at) => line`${at === 0 ? sign : ' '} ${one}`);
  }

  #columns(): number {
    return columnsOf(this.#options.stderr);
  }
}
