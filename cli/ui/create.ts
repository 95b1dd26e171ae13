import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { InUse } from '../command-line.ts';
import type { Context } from '../context.ts';
import type { PrintedEvent, UiEvent } from './events.ts';
import { lookOf } from './look.ts';
import { plainRenderer } from './plain.ts';
import { printedText } from './shown.ts';
import type { Ui } from './ui.ts';

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
 * Creates the screen for these streams: redrawn on a terminal, whole lines elsewhere, JSON rows with `--json`. Where
 * standard output leads to another program, that may print on the same terminal at any time: nothing is redrawn there.
 */
export async function createUi(parts: Parts): Promise<Ui> {
  const { stdin, stdout, stderr, now, options, signal, env, jobControl, sent, inUse } = parts;
  const { json, quiet, debug } = options;
  const common = { stdout, stderr, now, json, quiet, debug };
  const { paint, symbols } = lookOf(stderr, parts);
  const isRedrawn = symbols !== undefined && lookOf(stdout, parts).symbols !== undefined && !json;
  const renderer = isRedrawn
    ? (await import('./terminal.ts')).terminalRenderer({
        ...common,
        look: { paint, symbols },
      })
    : plainRenderer(common);
  jobControl?.watch(renderer);
  if (isRedrawn) stderr.on('resize', () => renderer.resume());
  const streams = {
    stdin,
    stderr,
    signal,
    paint,
    dumb: env.TERM === 'dumb',
    ...omitUndefined({ jobControl }),
  };
  // Asking needs someone to see the question and someone to answer it.
  const interactive = stdin.isTTY === true && stderr.isTTY === true && !json;
  return {
    interactive,
    event: (event) => renderer.event(sent.removedFrom(printedEvent(event, inUse))),
    close: () => renderer.close(),
    async ask(question) {
      const { askPerson, cannotAsk } = await import('./questions.ts');
      if (!interactive) throw cannotAsk(question.prompt, question.flag);
      renderer.close();
      return askPerson(question, streams);
    },
    async confirm(prompt, flag) {
      const { cannotConfirm, confirmPerson } = await import('./questions.ts');
      if (!interactive) throw cannotConfirm(prompt, flag);
      renderer.close();
      return confirmPerson(prompt, streams);
    },
  };
}

/** Returns an event with commands about what is in use. */
export function printedEvent(event: UiEvent, inUse: InUse): PrintedEvent {
  if (event.type === 'rows') {
    return { ...event, rows: event.rows.map((row) => ({ ...row, text: printedText(row.text, inUse) })) };
  }
  return 'text' in event && event.type !== 'heading'
    ? { ...event, text: printedText(event.text, inUse) }
    : event;
}
