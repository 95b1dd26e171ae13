import type { WriteStream } from 'node:tty';
import { EXIT, UserError } from '../cli/errors.ts';
import type { SentCredentials } from '../cli/sent-credentials.ts';
import { renderError } from '../cli/ui/error.ts';
import type { JobControl, OnTerminal } from '../cli/ui/job-control.ts';

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
 * Stops the process on SIGTSTP as the system would, after what is on the terminal has been taken away, and puts it back once
 * the process continues. Where no shell could continue it (a container's only process), the system does not stop it.
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
