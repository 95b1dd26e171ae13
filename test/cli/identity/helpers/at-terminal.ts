import assert from 'node:assert/strict';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { missing, runProgram } from '../../../support/programs.ts';
import type { World } from './world.ts';

const PTY = fileURLToPath(new URL('./terminal.py', import.meta.url));
const CODE = fileURLToPath(new URL('./code.ts', import.meta.url));

/** A reason to skip what needs a terminal. */
export const noTerminal =
  process.platform === 'win32' ? 'Windows has no pseudo-terminals of this kind' : missing('python3');

/** What to wait for, and what to type then; null for nothing, a list for a program that says it. */
export type Typing = readonly (readonly [wait: string, line: string | readonly string[] | null])[];

const program = (...args: string[]) => [execPath, '--import', import.meta.resolve('tsx'), CODE, ...args];

/** Types the code of the authenticator app whose secret was shown. */
export const appCode = ({ setup }: World) => program('app', String(setup.clock.now().getTime()));

/** Types the code of the newest message. */
export const sentCode = ({ setup }: World) => program('message', setup.cognito().outboxDir);

/** Runs a program at a terminal of 80 columns, with somebody who types. */
export async function atTerminal(here: World, argv: readonly string[], answers: Typing) {
  const env = { PATH: process.env.PATH, HOME: here.home, TERM: 'xterm', ...here.env };
  const input = JSON.stringify({ argv: [execPath, ...argv], answers });
  const { stdout, stderr, code } = await runProgram('python3', [PTY], { env, input });
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as { shown: string; code: number };
  here.shown(result.shown);
  return result;
}
