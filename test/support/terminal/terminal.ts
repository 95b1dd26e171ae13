import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { omitUndefined } from '../../../protocol/fields.ts';
import { missing, runProgram } from '../programs.ts';

const PTY = fileURLToPath(new URL('./terminal.py', import.meta.url));

/** A reason to skip tests that need a terminal; `false` if there is none. */
export const noTerminal =
  process.platform === 'win32' ? 'Windows has no pseudo-terminals of this kind' : missing('python3');

/** An action other than typing a line: single keys, a signal to the program, another width of the terminal. */
type Action = { readonly send: string } | { readonly signal: NodeJS.Signals } | { readonly columns: number };

/** Text to wait for, and the line to type then: `null` for none, a list for a program that prints the line. */
export type Typing = readonly (readonly [wait: string, line: string | readonly string[] | Action | null])[];

export interface OnTerminal {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly answers?: Typing;
  /** Default: 80. */
  readonly columns?: number;
  /** The terminal is closed after the last answer. */
  readonly hangUp?: boolean;
  /** Runs the program in a shell. It shows `<<stopped echo>>`, reads lines until `fg` or `bg`, and shows `<<ended echo>>`. */
  readonly jobControl?: boolean;
  /** The shell starts the program in the background. */
  readonly background?: boolean;
}

/** Runs a program on a terminal, and types into it. */
export async function onTerminal({
  argv,
  env,
  cwd,
  answers = [],
  columns = 80,
  hangUp = false,
  background = false,
  jobControl = background,
}: OnTerminal) {
  const input = JSON.stringify({ argv, answers, columns, hangUp, jobControl, background });
  const { stdout, stderr, code } = await runProgram('python3', ['-I', '-S', PTY], {
    env,
    input,
    ...omitUndefined({ cwd }),
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { shown: string; code: number };
}
