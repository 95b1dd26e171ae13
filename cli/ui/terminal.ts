import ora from 'ora';
import type { OutputStream } from '../context.ts';
import { activeLines } from './active-lines.ts';
import { cutEnd, fits } from './columns.ts';
import type { TransferEvent } from './events.ts';
import { formatDuration, type Paint, printable, printableLine } from './format.ts';
import { type Renderer, type RendererOptions, resourceLine } from './plain.ts';
import { progressLine } from './progress-line.ts';
import { isFailure, isUnderWay, resourceName, whyItTakes } from './resource-words.ts';

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
    color: paint('cyan', '') ? 'cyan' : false,
  });
  const tasks = new Map<string, { detail?: string; since: number }>();
  const resources = new Map<string, { type: string; since: number }>();
  let transfer: TransferEvent | undefined;
  let ticking: NodeJS.Timeout | undefined;

  const columns = () => Math.max(40, stderr.columns ?? 80);
  const width = () => columns() - 4;
  const fit = (text: string) => cutEnd(printableLine(text), width());
  const elapsed = (since: number) => {
    const ms = now().getTime() - since;
    return ms < 3000 ? '' : ` (${formatDuration(ms)})`;
  };

  /** A task that is over, and below it what does not fit beside it: a terminal breaks within words. */
  const ended = (mark: string, task: string, detail = '') => {
    const line = `${mark} ${printable(task)}`;
    if (detail === '') return line;
    const beside = `${line}  ${detail}`;
    return fits(beside, columns()) ? beside : `${line}\n  ${detail}`;
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
      lines.push(fit(progressLine(transfer)), ...activeLines(transfer, width(), ACTIVE_LINES));
    }
    return lines;
  };

  const draw = () => {
    const [head, ...rest] = quiet ? [] : block();
    if (head === undefined) {
      clearInterval(ticking);
      ticking = undefined;
      if (spinner.isSpinning) spinner.stop();
      return;
    }
    spinner.text = [head, ...rest.map((line) => `  ${paint('dim', line)}`)].join('\n');
    if (!spinner.isSpinning) spinner.start();
    ticking ??= setInterval(draw, 1000).unref();
  };

  /** Prints whole lines above the block. */
  const above = (stream: OutputStream, text: string) => {
    if (spinner.isSpinning) spinner.stop();
    stream.write(`${text}\n`);
  };

  return {
    event(event) {
      switch (event.type) {
        case 'row':
          above(stdout, event.text);
          break;
        case 'warning':
          above(stderr, `${paint('yellow', '!')} ${printableLine(event.text)}`);
          break;
        case 'debug':
          if (debug) above(stderr, paint('dim', `· ${printable(event.text)}`));
          break;
        case 'heading':
          if (!quiet) above(stderr, `\n${paint('bold', event.text)}\n${paint('dim', event.below)}`);
          break;
        case 'instruction':
          above(stderr, event.text);
          break;
        case 'note':
          if (!quiet) above(stderr, event.text);
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
          if (!quiet)
            above(stderr, ended(paint('green', '✔'), event.task, event.detail && paint('dim', event.detail)));
          break;
        case 'task-failed':
          tasks.delete(event.task);
          transfer = undefined;
          if (!quiet) above(stderr, ended(paint('red', '✖'), event.task, event.detail));
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
            if (!quiet) above(stderr, `  ${mark} ${resourceLine(event)}`);
          }
          break;
        case 'transfer':
          transfer = event;
          break;
      }
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
