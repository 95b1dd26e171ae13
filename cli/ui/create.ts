import type { Context } from '../context.ts';
import { plainRenderer } from './plain.ts';
import { askPerson, canAsk, cannotAsk, cannotConfirm, confirmPerson } from './questions.ts';
import { painter } from './shown.ts';
import type { Ui } from './ui.ts';

type Parts = Pick<
  Context,
  'stdin' | 'stdout' | 'stderr' | 'now' | 'options' | 'signal' | 'env' | 'jobControl'
>;

/** The screen for these streams: redrawn on a terminal, whole lines elsewhere, JSON rows with `--json`. */
export async function createUi(parts: Parts): Promise<Ui> {
  const { stdin, stdout, stderr, now, options, signal, env, jobControl } = parts;
  const { json, quiet, debug, color } = options;
  const common = { stdout, stderr, now, json, quiet, debug };
  const dumb = env.TERM === 'dumb';
  const redrawn = stderr.isTTY === true && !json && !dumb;
  const paint = painter(color);
  const renderer = redrawn
    ? (await import('./terminal.ts')).terminalRenderer({ ...common, paint })
    : plainRenderer(common);
  jobControl?.watch(renderer);
  if (redrawn) stderr.on('resize', () => renderer.resume());
  const streams = { stdin, stderr, signal, paint, dumb, ...(jobControl && { jobControl }) };
  const interactive = canAsk({ stdin, stderr }, json);
  return {
    interactive,
    event: (event) => renderer.event(event),
    close: () => renderer.close(),
    async ask(question) {
      if (!interactive) throw cannotAsk(question.prompt, question.flag);
      renderer.close();
      return askPerson(question, streams);
    },
    async confirm(prompt, flag) {
      if (!interactive) throw cannotConfirm(prompt, flag);
      renderer.close();
      return confirmPerson(prompt, streams);
    },
  };
}
