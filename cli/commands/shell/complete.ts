import type { Command as Commander } from 'commander';
import { suggest } from '../../completions/suggestions.ts';
import type { Context, Result } from '../../context.ts';
import { line, writeLines } from '../../ui/shown.ts';

export interface CompleteArgs {
  readonly root: Commander;
  /** The command line without the program's name; the last word is under the cursor. */
  readonly words: readonly string[];
}

/** `edge-upload complete`: what the shells' completions ask. A suggestion a line, then `:` and a number. */
export async function complete(context: Context, { root, words }: CompleteArgs): Promise<Result> {
  const { suggestions, directive } = await suggest(context, root, words);
  writeLines(context.stdout, [
    ...suggestions.map(({ value, description }) => line`${value}	${description}`),
    line`:${directive}`,
  ]);
  return { document: {} };
}
