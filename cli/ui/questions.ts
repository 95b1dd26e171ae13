import type { InputStream, OutputStream } from '../context.ts';
import { interrupted, UserError } from '../errors.ts';
import { line, writeLines } from './shown.ts';
import type { Question } from './ui.ts';

/** Where a person is asked: never on stdout, which belongs to results. */
export interface QuestionStreams {
  readonly stdin: InputStream;
  readonly stderr: OutputStream;
  readonly signal: AbortSignal;
}

/** Asking needs someone to see the question and someone to answer it. */
export function canAsk({ stdin, stderr }: Pick<QuestionStreams, 'stdin' | 'stderr'>, json: boolean): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !json;
}

export function cannotAsk(prompt: string, flag: string): UserError {
  return new UserError('usage', `${prompt} is needed, and there is no terminal to ask on.`, {
    hint: `Give it with ${flag}.`,
  });
}

async function prompted<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')) {
      throw interrupted();
    }
    throw error;
  }
}

export async function askPerson(question: Question, streams: QuestionStreams): Promise<string> {
  const { stdin, stderr, signal } = streams;
  const context = { input: stdin, output: stderr, signal };
  for (;;) {
    const answer = question.secret
      ? await prompted(
          (await import('@inquirer/password')).default({ message: question.prompt, mask: '•' }, context),
        )
      : await prompted((await import('@inquirer/input')).default({ message: question.prompt }, context));
    const reason = question.reject?.(answer);
    if (reason === undefined) return answer;
    // Asked anew with an empty line: what was typed unseen cannot be corrected.
    writeLines(stderr, [line`  ${reason}`]);
  }
}

export async function confirmPerson(
  prompt: string,
  { stdin, stderr, signal }: QuestionStreams,
): Promise<boolean> {
  const { default: confirm } = await import('@inquirer/confirm');
  return prompted(confirm({ message: prompt, default: false }, { input: stdin, output: stderr, signal }));
}
