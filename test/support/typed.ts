import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { COMMAND_GROUPS } from '../../cli/declare/command-groups.ts';
import { commandsFor, type Declare, run } from '../../cli/program.ts';
import { createSentCredentials } from '../../cli/sent-credentials.ts';
import { withExtraAuthorities } from './extra-authorities.ts';
import { checkPrinted } from './printed-commands.ts';
import type { Ran, RunOptions } from './programs.ts';
import { Screen } from './streams.ts';

interface TypedOptions extends RunOptions {
  /** Also the working directory, unless `cwd` is given. */
  readonly home: string;
  readonly platform?: NodeJS.Platform;
  /** Default: those that bin/main.ts chooses. */
  readonly commands?: readonly Declare[];
}

/** Runs `edge-upload <words>` without a terminal in this process, like bin/main.ts in a separate process. */
export async function typed(words: readonly string[], options: TypedOptions): Promise<Ran> {
  const {
    home,
    cwd = home,
    env = {},
    input,
    platform = 'linux',
    commands = commandsFor(COMMAND_GROUPS, words[0]),
  } = options;
  const { signal = new AbortController().signal } = options;
  // Every running request listens to it.
  setMaxListeners(0, signal);
  const [stdout, stderr] = [new Screen(), new Screen()];
  const world = {
    stdin: Readable.from(input === undefined ? [] : [Buffer.from(input)]),
    stdout,
    stderr,
    env,
    platform,
    cwd,
    home,
    execPath: process.execPath,
    sent: createSentCredentials(),
    now: () => new Date(),
    signal,
  };
  const code = await withExtraAuthorities(env, () => run(words, world, commands));
  await checkPrinted(words, `${stdout.text}${stderr.text}`);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
