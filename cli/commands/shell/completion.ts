import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPLETIONS, type CompletedShell } from '../../completions/shells.ts';
import type { Context, Result } from '../../context.ts';
import { packageRoot } from '../../package-root.ts';

/** `edge-upload completion`: prints the script that makes a shell complete this command. */
export async function completion(_context: Context, { shell }: { shell: CompletedShell }): Promise<Result> {
  const file = join(packageRoot(), 'dist/completions', COMPLETIONS[shell].file);
  const script = await readFile(file, 'utf8');
  return { document: { shell, script }, text: script.trimEnd().split('\n') };
}
