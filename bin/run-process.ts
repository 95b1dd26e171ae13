import { setMaxListeners } from 'node:events';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import type { Declare } from '../cli/declare/shared.ts';
import { EXIT, UserError } from '../cli/errors.ts';
import { isStandalone } from '../cli/package-root.ts';
import { run, type World } from '../cli/program.ts';
import { createSentCredentials, type SentCredentials } from '../cli/sent-credentials.ts';
import { renderError } from '../cli/ui/error.ts';
import type { JobControl, OnTerminal } from '../cli/ui/ui.ts';

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UserError('file_missing', 'The current folder no longer exists.', {
      hint: 'Change to another folder with cd.',
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

/** Returns what the first Ctrl-C or SIGTERM aborts. The second ends the process. */
function onInterrupt(): AbortController {
  const isDumb = process.env.TERM === 'dumb';
  const interruption = new AbortController();
  // Every request under way listens to it.
  setMaxListeners(0, interruption.signal);
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  };
  process.on('SIGINT', () => {
    // The terminal shows ^C where the next line begins.
    if (process.stderr.isTTY && !isDumb) cursorTo(process.stderr, 0);
    interrupt();
  });
  process.on('SIGTERM', interrupt);
  return interruption;
}

/** Runs the command line of this process, and sets its exit code. */
export function runProcess(commands: readonly Declare[]): void {
  // The AWS SDK warns on stderr about the end of Node 20; that is for us to follow, not for the user to read.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

  // Keeps the token of a typed link out of the list of processes.
  if (process.argv.some((word) => /\beu[lk]_/.test(word))) process.title = 'edge-upload';

  const interruption = onInterrupt();
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

/** Columns of a terminal that nobody told its size, as `script` or a container of a CI may give: it says 0, and lines would have no end. */
const COLUMNS = 80;

/**
 * @param onHangUp called when a terminal that is written to has gone away.
 * @param onFailure called when a file, pipe or device cannot be written.
 */
function prepare(
  stream: WriteStream,
  onHangUp: () => void,
  onFailure: (error: NodeJS.ErrnoException) => void,
): void {
  const size = () => {
    if (stream.columns === 0) stream.columns = COLUMNS;
  };
  size();
  stream.on('resize', size);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (stream.isTTY) onHangUp();
    else onFailure(error);
  });
}

/** Ends the program: without its results, no command has succeeded. */
function failWithoutOutput(error: NodeJS.ErrnoException, sent: SentCredentials): never {
  // A reader that went away (`| head`) wants no more lines, and no error either. What is cut off by that is no success.
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.other);
  const failure = new UserError('disk', `Standard output cannot be written (${error.code}).`, {
    cause: error,
  });
  const { stdout, stderr } = process;
  process.exit(renderError(failure, { json: false, debug: false, color: false }, { stdout, stderr, sent }));
}

/** Has the standard streams fail, and their terminal go away, without losing what is under way. */
export function prepareStreams(sent: SentCredentials, onHangUp: () => void): void {
  const { stdin, stdout, stderr } = process;
  prepare(stdout, onHangUp, (error) => failWithoutOutput(error, sent));
  // Progress and errors that nobody can read end no command: its results and its exit code still say what it did.
  prepare(stderr, onHangUp, () => {});
  // readline would take no key but letters on a dumb terminal, even where it writes nothing; the screen goes by the context's.
  if (process.env.TERM === 'dumb') delete process.env.TERM;
  // Reading fails where the terminal has gone, and in the background of a shell that has.
  if (stdin.isTTY) {
    stdin.on('error', onHangUp);
    const setRawMode = stdin.setRawMode.bind(stdin);
    // readline resets the mode when a question ends. On a terminal that is gone that fails, and must not end the clean-up.
    stdin.setRawMode = (mode) => {
      try {
        return setRawMode(mode);
      } catch {
        onHangUp();
        return stdin;
      }
    };
  }
  process.on('SIGHUP', () => {
    // Node forgets that `nohup` had it ignored; what has no terminal left goes on.
    if (stdin.isTTY || stdout.isTTY || stderr.isTTY) onHangUp();
  });
}

/** Long enough for the kernel to stop a process that has just been told to stop. */
const STOP_MS = 10;

/**
 * Stops the process on SIGTSTP as the system would. Clears the lines that it redraws first, and draws them again when the
 * process continues. The system does not stop a process that no shell could continue, such as a container's only one.
 */
export function jobControl(): JobControl | undefined {
  if (process.platform === 'win32') return undefined;
  const watching = new Set<OnTerminal>();
  const continued = () => {
    if (!process.listeners('SIGTSTP').includes(stop)) process.on('SIGTSTP', stop);
    for (const shown of watching) shown.resume();
  };
  const stop = () => {
    for (const shown of watching) shown.suspend();
    // Without a listener, the signal does what it does by default.
    process.off('SIGTSTP', stop);
    process.kill(process.pid, 'SIGTSTP');
    setTimeout(continued, STOP_MS);
  };
  // Ctrl-\ ends the process as the system would, with the cursor shown again.
  process.once('SIGQUIT', () => {
    for (const shown of watching) shown.suspend();
    process.kill(process.pid, 'SIGQUIT');
  });
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', continued);
  return {
    watch(shown) {
      watching.add(shown);
      return () => void watching.delete(shown);
    },
    stop: () => void process.kill(0, 'SIGTSTP'),
  };
}
