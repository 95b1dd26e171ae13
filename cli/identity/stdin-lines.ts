import type { InputStream } from '../context.ts';

const MAX_LINE_BYTES = 64 * 1024;

/** Lines of standard input, one when it is asked for: what comes later may be waited for, and nothing is read ahead in vain. */
export interface Lines {
  /** Without its end; `undefined` where the input has ended. */
  next(): Promise<string | undefined>;
}

export function linesOf(stdin: InputStream): Lines {
  let bytes = Buffer.alloc(0);
  let ended = false;
  const take = (length: number): string => {
    const line = bytes.subarray(0, length).toString('utf8');
    bytes = bytes.subarray(length + 1);
    return line.replace(/\r$/, '');
  };
  return {
    async next() {
      while (!ended && !bytes.includes(0x0a) && bytes.length <= MAX_LINE_BYTES) {
        const { value, done } = await stdin.iterator({ destroyOnReturn: false }).next();
        if (done) ended = true;
        else bytes = Buffer.concat([bytes, Buffer.from(value)]);
      }
      const end = bytes.indexOf(0x0a);
      if (end >= 0) return take(end);
      return bytes.length === 0 ? undefined : take(bytes.length);
    },
  };
}
