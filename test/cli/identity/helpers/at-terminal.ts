import { execPath } from 'node:process';
import { workerArgs } from '../../../support/run/worker.ts';
import { onTerminal, type Typing } from '../../../support/terminal/terminal.ts';
import type { World } from './world.ts';

const program = (...args: string[]) => [execPath, ...workerArgs('test/cli/identity/helpers/code', ...args)];

/** Types the code of the authenticator app whose secret is on the screen. */
export const appCode = ({ setup }: World) => program('app', String(setup.clock.now().getTime()));

/** Types the code of the newest message. */
export const sentCode = ({ setup }: World) => program('message', setup.cognito().outboxDir);

/** Runs the command line at a terminal of 80 columns, and types the answers. */
export async function atTerminal(here: World, argv: readonly string[], answers: Typing) {
  const env = { PATH: process.env.PATH, HOME: here.home, TERM: 'xterm', ...here.env };
  const result = await onTerminal({ argv: [execPath, ...argv], env, answers });
  here.shown(result.shown);
  return result;
}
