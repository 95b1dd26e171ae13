import { call } from '../bridge.ts';
import { ZLIB_METHODS } from '../bridge-names.ts';
import { fromLatin1, latin1 } from './buffer.ts';

/** `node:zlib`: the functions that process a whole input at once. Options are ignored. */
export const zlib: object = Object.fromEntries(
  ZLIB_METHODS.map((name) => [
    `${name}Sync`,
    (input: unknown) => fromLatin1(call('zlib', name, latin1(input))),
  ]),
);
