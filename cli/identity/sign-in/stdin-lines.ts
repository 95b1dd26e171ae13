import type { InputStream } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { openText, withoutLineEnd } from '../../text.ts';
import { orInterrupted } from '../../transfer/wire/grace.ts';

const MAX_LINE_LENGTH = 64 * 1024;

/** Lines of standard input, one when it is asked for: what comes later may be waited for. */
export interface Lines {
  /** Without its end; `undefined` where the input has ended. */
  next(): Promise<string | undefined>;
}

/** Lets the process end although whoever writes to its standard input keeps that open. */
function letGo(stdin: InputStream, keep: boolean): void {
  const handle = stdin as { ref?: () => unknown; unref?: () => unknown };
  // A terminal may still be asked on.
  if (stdin.isTTY !== true) keep ? handle.ref?.() : handle.unref?.();
}

/** @throws {UserError} from `next`: `interrupted` once the signal is aborted, also while nothing comes. */
export function linesOf(stdin: InputStream, signal?: AbortSignal): Lines {
  const reader = openText({ name: 'Standard input' });
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let text = '';
  let ended = false;
  const read = async (): Promise<void> => {
    letGo(stdin, true);
    chunks ??= stdin.iterator({ destroyOnReturn: false });
    const chunk = chunks.next();
    const { value, done } = await (signal === undefined ? chunk : orInterrupted(chunk, signal)).finally(() =>
      letGo(stdin, false),
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
