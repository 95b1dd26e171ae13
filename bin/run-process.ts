import { setMaxListeners } from 'node:events';
import { closeSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { EXIT, UserError } from '../cli/errors.ts';
import { isStandalone } from '../cli/package-root.ts';
import { type Declare, run, type World } from '../cli/program.ts';
import { createSentCredentials, type SentCredentials } from '../cli/sent-credentials.ts';
import { renderError } from '../cli/ui/error.ts';
import type { JobControl, OnTerminal } from '../cli/ui/ui.ts';
import { decodeAscii } from '../protocol/object-url.ts';

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

/** Empty if the user has none: a user id without an entry in the system's list, as with `docker run --user`. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/** Milliseconds in which a disk or a name look-up can respond before the process ends without it. */
const DISK_MS = 200;

/** Ends the process after Ctrl-C. `process.exit` waits for threads that use a disk or look up a name; a signal does not. */
function endInterrupted(): void {
  const isOnThread = () =>
    process.getActiveResourcesInfo().some((kind) => /^(?:FS|GetAddrInfo)Req/.test(kind));
  if (!isOnThread()) process.exit(EXIT.interrupted);
  setTimeout(() => {
    process.removeAllListeners('SIGINT');
    if (isOnThread()) process.kill(process.pid, 'SIGINT');
    process.exit(EXIT.interrupted);
  }, DISK_MS);
}

/** Returns a signal that the first Ctrl-C or SIGTERM aborts. The second one ends the process. */
function onInterrupt(): AbortController {
  const isDumb = process.env.TERM === 'dumb';
  const interruption = new AbortController();
  // Every running request listens to it.
  setMaxListeners(0, interruption.signal);
  const interrupt = () => (interruption.signal.aborted ? endInterrupted() : interruption.abort());
  process.on('SIGINT', () => {
    // The terminal prints ^C where the next line begins.
    if (process.stderr.isTTY && !isDumb) cursorTo(process.stderr, 0);
    interrupt();
  });
  process.on('SIGTERM', interrupt);
  return interruption;
}

/** Returns what this process gives the program. */
function worldOf(env: World['env'], sent: SentCredentials, signal: AbortSignal): World {
  const { stdin, stdout, stderr, platform, execPath } = process;
  const stopping = jobControl();
  const home = homeFolder();
  // Libraries read an empty or relative HOME as a path below the current folder: the AWS SDK would read credentials there.
  if (!isAbsolute(home)) process.env.HOME = '/';
  return {
    stdin,
    stdout,
    stderr,
    sent,
    env,
    platform,
    get cwd() {
      return currentFolder();
    },
    home,
    execPath,
    now: () => new Date(),
    keyring: async () => {
      // The keyring's library is a separate file, which the standalone program does not have.
      if (isStandalone) return undefined;
      const { systemKeyring } = await import('../cli/identity/tokens/keyring.ts');
      return systemKeyring({ env, execPath, signal });
    },
    ...(stopping && { jobControl: stopping }),
    signal,
  };
}

/** Runs the command line of this process, and sets its exit code. */
export function runProcess(commands: readonly Declare[]): void {
  // The AWS SDK warns on stderr about the end of Node 20. Users cannot act on it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

  // Hides a typed token, which can be percent-encoded, from the process list.
  const token = /\b(?:eu[lk]_|eyJ[\w-]{1,2000}\.eyJ)/;
  if (process.argv.some((word) => token.test(decodeAscii(word)))) process.title = 'edge-upload';

  // A file larger than `ulimit -f` is then an error of its write (EFBIG), as on a full disk; the signal would end the process.
  if (process.platform !== 'win32') process.on('SIGXFSZ', () => {});

  const interruption = onInterrupt();
  const env = { ...process.env };
  // Libraries start programs, such as a browser, with all variables of this process. Those can be passwords and tokens.
  for (const name of Object.keys(env)) if (name.startsWith('EDGE_UPLOAD_')) delete process.env[name];
  // Node would warn that certificates are not verified, and that NO_COLOR is ignored. Neither is the case.
  for (const name of ['NODE_TLS_REJECT_UNAUTHORIZED', 'FORCE_COLOR']) delete process.env[name];

  const sent = createSentCredentials();
  const { stdout, stderr } = process;
  let hungUp = false;
  prepareStreams(sent, () => {
    hungUp = true;
    interruption.abort();
  });

  // An error outside of a command's own work, such as in a listener, is printed like any other, with the terminal restored.
  process.on('uncaughtException', (error) => {
    const [json, debug] = [process.argv.includes('--json'), process.argv.includes('--debug')];
    process.exit(renderError(error, { json, debug, color: false }, { stdout, stderr, sent }));
  });

  const world = worldOf(env, sent, interruption.signal);
  void run(process.argv.slice(2), world, commands).then((exitCode) => {
    // Node cannot restore a closed terminal, and would crash at its end.
    if (hungUp) {
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
    }
    process.exitCode = exitCode;
    // A disk or DNS that does not respond would keep the process alive.
    if (exitCode === EXIT.interrupted) setTimeout(endInterrupted, DISK_MS).unref();
    // All output is written before this event. Without this call, Node removes its signal listeners first when it shuts
    // down: another Ctrl-C would then end the process by the signal, without its exit code.
    process.once('exit', () => {
      // The first process of a container survives the signal above. Node crashes if it restores a closed terminal, but skips
      // closed files.
      if (hungUp) for (const { isTTY, fd } of [process.stdin, stdout, stderr]) if (isTTY) closeSync(fd);
      process.exit();
    });
  });
}

/** Columns of a terminal that reports 0, as `script` or the container of a CI does: lines would never wrap. */
const COLUMNS = 80;

/**
 * @param onHangUp called when a terminal that is written to was closed
 * @param onFailure called when a file, pipe or device cannot be written
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

/** Ends the program: a command that cannot write its results has failed. */
function failWithoutOutput(error: NodeJS.ErrnoException, sent: SentCredentials): never {
  // A reader that closed its pipe (`| head`) needs no more lines and no error. The command has not succeeded either.
  if (error.code === 'EPIPE') process.exit(process.exitCode || EXIT.other);
  const failure = new UserError('disk', `Standard output cannot be written (${error.code}).`, {
    cause: error,
  });
  const { stdout, stderr } = process;
  process.exit(renderError(failure, { json: false, debug: false, color: false }, { stdout, stderr, sent }));
}

/** Handles errors of the standard streams and the loss of their terminal, without losing what is being sent. */
export function prepareStreams(sent: SentCredentials, onHangUp: () => void): void {
  const { stdin, stdout, stderr } = process;
  prepare(stdout, onHangUp, (error) => failWithoutOutput(error, sent));
  // If progress and errors cannot be written, the command continues: its results and its exit code still count.
  prepare(stderr, onHangUp, () => {});
  // On a dumb terminal, readline would accept only letters, even if it writes nothing. The ui reads TERM from the context.
  if (process.env.TERM === 'dumb') delete process.env.TERM;
  // Reading fails if the terminal was closed, and in the background of a shell whose terminal was closed.
  if (stdin.isTTY) {
    stdin.on('error', onHangUp);
    const setRawMode = stdin.setRawMode.bind(stdin);
    // readline resets the mode when a question ends. That fails on a closed terminal, and must not end the clean-up.
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
    // Node does not keep the ignored SIGHUP of `nohup`: without a terminal, the command continues.
    if (stdin.isTTY || stdout.isTTY || stderr.isTTY) onHangUp();
  });
}

/** Milliseconds, enough for the kernel to stop the process. */
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
    // Without a listener, the signal has its default effect.
    process.off('SIGTSTP', stop);
    process.kill(process.pid, 'SIGTSTP');
    setTimeout(continued, STOP_MS);
  };
  // Ctrl-\ ends the process as the system would, with the cursor shown again.
  process.once('SIGQUIT', () => {
    for (const shown of watching) shown.suspend();
    process.kill(process.pid, 'SIGQUIT');
    // The kernel does not end the first process of a container by its own signal.
    process.exit(EXIT.interrupted);
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
