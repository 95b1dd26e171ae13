import type { InputStream } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { orInterrupted } from '../../network/cancellation.ts';
import { openText, withoutLineEnd } from '../../text.ts';

const MAX_LINE_LENGTH = 64 * 1024;

/** Reads standard input line by line, on demand. */
export interface Lines {
  /** Returns the next line without its end; `undefined` at the end of input. */
  next(): Promise<string | undefined>;
}

/** Sets whether an open standard input keeps the process running. */
function setKeepAlive(stdin: InputStream, keep: boolean): void {
  const handle = stdin as { ref?: () => unknown; unref?: () => unknown };
  // A terminal stays open for later prompts.
  if (stdin.isTTY !== true) keep ? handle.ref?.() : handle.unref?.();
}

/** @throws {UserError} from `next`: `interrupted` when the signal is aborted, also during a wait */
export function linesOf(stdin: InputStream, signal?: AbortSignal): Lines {
  const reader = openText({ name: 'Standard input' });
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let text = '';
  let ended = false;
  const read = async (): Promise<void> => {
    setKeepAlive(stdin, true);
    chunks ??= stdin.iterator({ destroyOnReturn: false });
    const chunk = chunks.next();
    const { value, done } = await (signal === undefined ? chunk : orInterrupted(chunk, signal)).finally(() =>
      setKeepAlive(stdin, false),
    );
    ended = done === true;
    text += ended ? reader.end() : reader.push(Buffer.from(value as Uint8Array));
  };
  return {
    async next() {
      while (!ended && !text.includes('\n')) {
        await read();
        if (text.length > MAX_LINE_LENGTH) {
          throw new UserError(
            'usage',
            'Standard input has a line that is too long for a password or a code.',
            {
              hint: 'Pipe in the password, then the new one and the code if asked for, one on each line.',
            },
          );
        }
      }
      const end = text.indexOf('\n') + 1 || text.length;
      if (end === 0) return undefined;
      const line = text.slice(0, end);
      text = text.slice(end);
      return withoutLineEnd(line);
    },
  };
}
