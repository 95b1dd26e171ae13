import type { Command as Commander } from 'commander';
import { COMPLETIONS, type CompletedShell } from '../../completions/shells.ts';
import { suggest } from '../../completions/suggestions.ts';
import type { Context, Result } from '../../context.ts';
import { readPackageFile } from '../../package-root.ts';
import { line, writeLines } from '../../ui/shown.ts';

/** `edge-upload completion`: prints the script that makes a shell complete this command. */
export async function completion(_context: Context, { shell }: { shell: CompletedShell }): Promise<Result> {
  const script = readPackageFile(`dist/completions/${COMPLETIONS[shell].file}`);
  return { document: { shell, script }, text: script.trimEnd().split('\n') };
}

export interface CompleteArgs {
  readonly root: Commander;
  /** The command line without the program's name; the last word is under the cursor. */
  readonly words: readonly string[];
}

/** `edge-upload complete`: prints completions for the shells' scripts: one suggestion a line, then `:` and a number. */
export async function complete(context: Context, { root, words }: CompleteArgs): Promise<Result> {
  const { suggestions, directive } = await suggest(context, root, words);
  writeLines(context.stdout, [
    ...suggestions.map(({ value, description }) => line`${value}	${description}`),
    line`:${directive}`,
  ]);
  return { document: {} };
}
