import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { missing, runProgram } from './programs.ts';

const PTY = fileURLToPath(new URL('./terminal.py', import.meta.url));

/** A reason to skip what needs a terminal. */
export const noTerminal =
  process.platform === 'win32' ? 'Windows has no pseudo-terminals of this kind' : missing('python3');

/** What to wait for, and what to type then; null for nothing, a list for a program that says it. */
export type Typing = readonly (readonly [wait: string, line: string | readonly string[] | null])[];

export interface OnTerminal {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly answers?: Typing;
  /** 80 unless told. */
  readonly columns?: number;
  /** The terminal goes away after the last of the answers. */
  readonly hangUp?: boolean;
}

/** Runs a program on a terminal, with somebody who types. */
export async function onTerminal({ argv, env, answers = [], columns = 80, hangUp = false }: OnTerminal) {
  const input = JSON.stringify({ argv, answers, columns, hangUp });
  const { stdout, stderr, code } = await runProgram('python3', [PTY], { env, input });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { shown: string; code: number };
}
