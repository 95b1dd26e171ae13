import { COMPLETIONS, type CompletedShell } from '../../completions/shells.ts';
import type { Context, Result } from '../../context.ts';
import { readPackageFile } from '../../package-root.ts';

/** `edge-upload completion`: prints the script that makes a shell complete this command. */
export async function completion(_context: Context, { shell }: { shell: CompletedShell }): Promise<Result> {
  const script = readPackageFile(`dist/completions/${COMPLETIONS[shell].file}`);
  return { document: { shell, script }, text: script.trimEnd().split('\n') };
}
