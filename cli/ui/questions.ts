import { UserError } from '../errors.ts';
import { wrap } from './format.ts';
import { type PromptStreams, prompt } from './prompt.ts';
import { columnsOf, line, visible, writeLines } from './shown.ts';
import type { Question } from './ui.ts';

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

export async function askUser(question: Question, streams: PromptStreams): Promise<string> {
  for (;;) {
    const { prompt: message, secret = false } = question;
    const answer = await prompt({ message, secret }, streams);
    const reason = question.reject?.(answer);
    if (reason === undefined) return answer;
    // If the two differ, both are asked again with an empty line: text that was typed unseen cannot be corrected.
    const indent = '  ';
    const lines = wrap(visible(reason), columnsOf(streams.stderr) - indent.length);
    writeLines(
      streams.stderr,
      lines.map((one) => line`${indent}${one}`),
    );
  }
}

/** No is the default. */
export async function confirmUser(question: string, streams: PromptStreams): Promise<boolean> {
  for (;;) {
    const answer = (await prompt({ message: `${question} (y/N)` }, streams)).trim();
    if (/^y(es)?$/i.test(answer)) return true;
    if (/^(no?)?$/i.test(answer)) return false;
    writeLines(streams.stderr, [line`  Type y for yes, or n for no.`]);
  }
}
