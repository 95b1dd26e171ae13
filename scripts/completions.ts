import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/*
 * Writes the completion scripts of the shells. Those for zsh, fish and PowerShell come from @bomb.sh/tab. Its script
 * for bash is not used: it needs another package, evaluates what is typed (`token > file` would empty the file), and
 * expands suggestions.
 */

const TAB = 'node_modules/@bomb.sh/tab';

/** A part of the library's script and its replacement. */
type Replacement = readonly [part: string, instead: string];

const SCRIPTS: readonly { shell: string; file: string; replacements: readonly Replacement[] }[] = [
  {
    shell: 'zsh',
    file: '_edge-upload',
    replacements: [
      // The flag is evaluated later as it was typed.
      [`"-P \${BASH_REMATCH}"`, `"-P \${(q)BASH_REMATCH}"`],
      // With -Q, zsh inserts suggestions unquoted.
      ['completions -Q $', 'completions $'],
      // A colon separates a suggestion from its description, unless a backslash precedes it.
      [`comp=\${comp//:/\\:}`, `comp=\${\${comp//\\\\/\\\\\\\\}//:/\\\\:}`],
    ],
  },
  { shell: 'fish', file: 'edge-upload.fish', replacements: [] },
  { shell: 'powershell', file: 'edge-upload.ps1', replacements: [] },
];

const PRINT = `import { script } from '@bomb.sh/tab'; script(process.argv[1], 'edge-upload', 'edge-upload');`;

/**
 * Replaces a part of a text.
 * @throws {Error} unless the text contains the part exactly once
 */
function replaceOnce(text: string, [part, instead]: Replacement): string {
  const parts = text.split(part);
  if (parts.length !== 2) throw new Error(`${TAB} has changed: “${part}” occurs ${parts.length - 1} times.`);
  return parts.join(instead);
}

/**
 * Writes one script for each shell.
 * @returns the folders of the packages that the scripts come from
 */
export async function writeCompletions(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  await copyFile('cli/completions/edge-upload.bash', `${folder}/edge-upload.bash`);
  for (const { shell, file, replacements } of SCRIPTS) {
    // The library prints its scripts.
    const args = ['--input-type=module', '--eval', PRINT, shell];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    await writeFile(`${folder}/${file}`, replacements.reduce(replaceOnce, stdout));
  }
  return [TAB];
}
