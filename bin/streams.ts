import type { WriteStream } from 'node:tty';
import { EXIT, UserError } from '../cli/errors.ts';
import { renderError } from '../cli/ui/error.ts';

/** Columns of a terminal that nobody told its size, as `script` or a container of a CI may give: it says 0, and lines would have no end. */
const COLUMNS = 80;

interface Output {
  readonly stream: WriteStream;
  /** As it stands at the beginning of a sentence. */
  readonly name: string;
}

/** @param onHangUp called when a terminal that is written to has gone away. */
function prepare({ stream, name }: Output, onHangUp: () => void): void {
  const size = () => {
    if (stream.columns === 0) stream.columns = COLUMNS;
  };
  size();
  stream.on('resize', size);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (stream.isTTY) {
      onHangUp();
      return;
    }
    // A reader that went away (`| head`) wants no more lines, and no error either. What is cut off by that is no success.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.other);
    const failure = new UserError('disk', `${name} cannot be written (${error.code}).`, { cause: error });
    process.exit(renderError(failure, { json: false, debug: false, color: false }, process));
  });
}

/** Has the standard streams fail, and their terminal go away, without losing what is under way. */
export function prepareStreams(onHangUp: () => void): void {
  const { stdin, stdout, stderr } = process;
  prepare({ stream: stdout, name: 'Standard output' }, onHangUp);
  prepare({ stream: stderr, name: 'Standard error' }, onHangUp);
  // readline would take no key but letters on a dumb terminal, even where it writes nothing; the screen goes by the context's.
  if (process.env.TERM === 'dumb') delete process.env.TERM;
  // Reading fails where the terminal has gone, and in the background of a shell that has.
  if (stdin.isTTY) stdin.on('error', onHangUp);
  process.on('SIGHUP', () => {
    // Node forgets that `nohup` had it ignored; what has no terminal left goes on.
    if (stdin.isTTY || stdout.isTTY || stderr.isTTY) onHangUp();
  });
}
