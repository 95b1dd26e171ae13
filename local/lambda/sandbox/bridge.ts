import type { Host } from '../guest/bridge.ts';

/** Operations that the function's context can call: strings in, a string out. */
export type Operation = (a: string, b: string, c: string, d: string) => string;

/**
 * Creates the one function that the function's context calls. It takes only strings and returns a string: `=` and a
 * result, or `!` and the error as JSON. It never throws.
 */
export function createHost(operations: Readonly<Record<string, Operation>>): Host {
  const known = new Map(Object.entries(operations));
  return (name, a, b, c, d) => {
    try {
      if (![name, a, b, c, d].every((argument) => typeof argument === 'string')) {
        return failed(new TypeError('the bridge takes strings'));
      }
      const operation = known.get(name);
      return operation === undefined
        ? failed(new Error(`no operation ${name}`))
        : `=${operation(a, b, c, d)}`;
    } catch (error) {
      return failed(error);
    }
  };
}

function failed(error: unknown): string {
  const { name, message, code } = error as NodeJS.ErrnoException;
  return `!${JSON.stringify({ name, message, code: typeof code === 'string' ? code : undefined })}`;
}

/** Encodes bytes for the bridge, one character a byte. */
export const toBytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const fromBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
