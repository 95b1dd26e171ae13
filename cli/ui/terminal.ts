import ora from 'ora';
import type { OutputStream } from '../context.ts';
import { activeLines } from './active-lines.ts';
import { cutEnd, fits } from './columns.ts';
import type { TransferEvent } from './events.ts';
import { formatDuration, wrapText } from './format.ts';
import { type Renderer, type RendererOptions, resourceLine } from './plain.ts';
import { progressLine, troubleLine } from './progress-line.ts';
import { isFailure, isUnderWay, resourceName, whyItTakes } from './resource-words.ts';
import { line, type Paint, type Shown, shownLines, type Text, visible, writeLines } from './shown.ts';

/** Files shown one by one below the overall line. */
const ACTIVE_LINES = 4;

export interface TerminalOptions extends RendererOptions {
  readonly paint: Paint;
  readonly stderr: OutputStream;
}

/** One block at the foot of the screen, redrawn in place; what is finished becomes a line above it. */
export function terminalRenderer({ stdout, stderr, now, debug, quiet, paint }: TerminalOptions): Renderer {
  // Standard input stays ours: questions are asked while a block is drawn.
  const spinner = ora({
    stream: stderr,
    discardStdin: false,
    isEnabled: true,
    color: `${paint('cyan', '')}` ? 'cyan' : false,
  });
  const tasks = new Map<string, { detail?: string; since: number }>();
  const resources = new Map<string, { type: string; since: number }>();
  let transfer: TransferEvent | undefined;
  let ticking: NodeJS.Timeout | undefined;
  let suspended = false;

  const columns = () => Math.max(40, stderr.columns ?? 80);
  const width = () => columns() - 4;
  const fit = (text: string) => cutEnd(visible(text), width());
  const elapsed = (since: number) => {
    const ms = now().getTime() - since;
    return ms < 3000 ? '' : ` (${formatDuration(ms)})`;
  };

  /** A task that is over, and below it what does not fit beside it: a terminal breaks within words. */
  const ended = (mark: Shown, task: string, detail = '', shown: Shown = line`${detail}`): Shown[] => {
    const head = line`${mark} ${task}`;
    if (detail === '') return [head];
    const isWide = !fits(`✔ ${visible(task)}  ${visible(detail)}`, columns());
    return isWide ? [head, line`  ${shown}`] : [line`${head}  ${shown}`];
  };

  const block = (): string[] => {
    const lines = [...tasks].map(([task, { detail, since }]) => {
      return fit(`${task}${detail === undefined ? '' : `: ${detail}`}${elapsed(since)}`);
    });
    for (const { type, since } of resources.values()) {
      const why = whyItTakes(type);
      lines.push(
        fit(`waiting for the ${resourceName(type)}${why === undefined ? '' : `: ${why}`}${elapsed(since)}`),
      );
    }
    if (transfer !== undefined) {
      const trouble = troubleLine(transfer);
      lines.push(fit(progressLine(transfer)), ...(trouble === undefined ? [] : [fit(trouble)]));
      lines.push(...activeLines(transfer, width(), ACTIVE_LINES));
    }
    return lines;
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
    writeLines(stream, lines);
  };
  const say = (...lines: Shown[]) => {
    if (!quiet) above(stderr, ...lines);
  };
  const marked = (mark: Shown, text: Text) =>
    shownLines(wrapText(text, columns() - 2), paint).map((one, at) => line`${at === 0 ? mark : ' '} ${one}`);

  return {
    event(event) {
      switch (event.type) {
        case 'row':
          above(stdout, ...shownLines(event.text, paint));
          break;
        case 'warning':
          above(stderr, ...marked(paint('yellow', '!'), event.text));
          break;
        case 'debug':
          if (debug) above(stderr, ...marked(line`·`, event.text).map((one) => paint('dim', one)));
          break;
        case 'heading':
          say(line``, paint('bold', event.text), paint('dim', event.below));
          break;
        case 'instruction':
          above(stderr, ...shownLines(wrapText(event.text, columns()), paint));
          break;
        case 'note':
          say(...shownLines(wrapText(event.text, columns()), paint));
          break;
        case 'task-started':
          tasks.set(event.task, { since: now().getTime() });
          break;
        case 'task-progress':
          tasks.set(event.task, { since: now().getTime(), ...tasks.get(event.task), detail: event.detail });
          break;
        case 'task-done':
          tasks.delete(event.task);
          transfer = undefined;
          say(...ended(paint('green', '✔'), event.task, event.detail, paint('dim', event.detail ?? '')));
          break;
        case 'task-failed':
          tasks.delete(event.task);
          transfer = undefined;
          say(...ended(paint('red', '✖'), event.task, event.detail));
          break;
        case 'resource':
          if (isUnderWay(event)) {
            if (event.resourceType !== 'AWS::CloudFormation::Stack' && !resources.has(event.logicalId)) {
              resources.set(event.logicalId, {
                type: event.resourceType,
                since: event.at.getTime(),
              });
            }
          } else {
            resources.delete(event.logicalId);
            const mark = isFailure(event) ? paint('red', '✖') : paint('green', '✔');
            say(line`  ${mark} ${resourceLine(event)}`);
          }
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
      resources.clear();
      transfer = undefined;
      draw();
    },
  };
}
