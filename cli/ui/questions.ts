import type { InputStream, OutputStream } from '../context.ts';
import { UserError } from '../errors.ts';
import type { PromptStreams } from './prompt.ts';
import { line, writeLines } from './shown.ts';
import type { Question } from './ui.ts';

/** Asking needs someone to see the question and someone to answer it. */
export function canAsk(
  { stdin, stderr }: { readonly stdin: InputStream; readonly stderr: OutputStream },
  json: boolean,
): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !json;
}

export function cannotAsk(prompt: string, flag: string): UserError {
  return new UserError('usage', `${prompt} is needed, and there is no terminal to ask on.`, {
    hint: `Give it with ${flag}.`,
  });
}

export function cannotConfirm(question: string, flag: string): UserError {
  return new UserError('usage', `“${question}” needs confirmation, and there is no terminal to ask on.`, {
    hint: `Confirm it with ${flag}.`,
  });
}

export async function askPerson(question: Question, streams: PromptStreams): Promise<string> {
  const { prompt } = await import('./prompt.ts');
  for (;;) {
    const { prompt: message, secret = false } = question;
    const answer = await prompt({ message, secret }, streams);
    const reason = question.reject?.(answer);
    if (reason === undefined) return answer;
    // Asked again with an empty line: what was typed unseen cannot be corrected.
    writeLines(streams.stderr, [line`  ${reason}`]);
  }
}

/** No is the default. */
export async function confirmPerson(question: string, streams: PromptStreams): Promise<boolean> {
  const { prompt } = await import('./prompt.ts');
  for (;;) {
    const answer = (await prompt({ message: `${question} (y/N)` }, streams)).trim();
    if (/^y(es)?$/i.test(answer)) return true;
    if (/^(no?)?$/i.test(answer)) return false;
    writeLines(streams.stderr, [line`  Type y for yes, or n for no.`]);
  }
}
