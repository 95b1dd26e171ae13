import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { cursorTo } from 'node:readline';
import type { Declare } from '../cli/declare/shared.ts';
import { EXIT, UserError } from '../cli/errors.ts';
import { isStandalone } from '../cli/package-root.ts';
import { run, type World } from '../cli/program.ts';
import { createSentCredentials } from '../cli/sent-credentials.ts';
import { renderError } from '../cli/ui/error.ts';
import { jobControl, prepareStreams } from './terminal.ts';

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UserError('file_missing', 'The current folder is no longer there.', {
      hint: 'Change to another with cd.',
      cause: error,
    });
  }
}

/** Empty where the user has none: a user id without an entry in the system's list, as `docker run --user` may give. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/** Runs the command line of this process, and sets its exit code. */
export function runProcess(commands: readonly Declare[]): void {
  // The AWS SDK warns on stderr about the end of Node 20; that is for us to follow, not for the user to read.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

  // Keeps the token of a typed link out of the list of processes.
  if (process.argv.some((word) => /\beu[lk]_/.test(word))) process.title = 'edge-upload';

  const interruption = new AbortController();
  // Every request under way listens to it.
  setMaxListeners(0, interruption.signal);
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  };
  process.on('SIGINT', () => {
    // The terminal shows ^C where the next line begins.
    if (process.stderr.isTTY && env.TERM !== 'dumb') cursorTo(process.stderr, 0);
    interrupt();
  });
  process.on('SIGTERM', interrupt);

  const env = { ...process.env };
  // Libraries start programs, such as a browser, with all variables of this process. These may be passwords and tokens.
  for (const name of Object.keys(env)) if (name.startsWith('EDGE_UPLOAD_')) delete process.env[name];

  const sent = createSentCredentials();
  const { stdin, stdout, stderr } = process;
  let hungUp = false;
  prepareStreams(sent, () => {
    hungUp = true;
    interruption.abort();
  });

  // A fault outside of a command's own work, such as in a listener: shown as any other, with the terminal as it was before.
  process.on('uncaughtException', (error) => {
    const [json, debug] = [process.argv.includes('--json'), process.argv.includes('--debug')];
    process.exit(renderError(error, { json, debug, color: false }, { stdout, stderr, sent }));
  });

  const stopping = jobControl();
  const home = homeFolder();
  // Libraries take an empty or relative HOME for a path below the current folder: the AWS SDK would read credentials there.
  if (!isAbsolute(home)) process.env.HOME = '/';

  const world: World = {
    stdin,
    stdout,
    stderr,
    sent,
    env,
    platform: process.platform,
    get cwd() {
      return currentFolder();
    },
    home,
    execPath: process.execPath,
    now: () => new Date(),
    keyring: async () => {
      // The keyring's library is a file beside the program, which the standalone program has not.
      if (isStandalone) return undefined;
      const { systemKeyring } = await import('../cli/identity/tokens/keyring.ts');
      return systemKeyring({ env, execPath: process.execPath, signal: interruption.signal });
    },
    ...(stopping && { jobControl: stopping }),
    signal: interruption.signal,
  };
  void run(process.argv.slice(2), world, commands).then((exitCode) => {
    // Node cannot put a terminal back that is gone, and would crash over it at its end.
    if (hungUp) {
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
    }
    process.exitCode = exitCode;
    // All output is written at this event. Without this call, Node then takes itself down and removes the listeners of signals
    // first: one more Ctrl-C would end the process by the signal, without its exit code.
    process.once('exit', () => process.exit());
  });
}
