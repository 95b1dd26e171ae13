import { TextDecoder, TextEncoder } from '../globals/text.ts';
import { format, inspect } from './inspect.ts';

type Callback = (error: unknown, value?: unknown) => void;
type AnyFunction = (...args: unknown[]) => unknown;

function promisify(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, value) => (error ? reject(error) : resolve(value));
      original.call(this, ...args, callback);
    });
  };
}

/** The part of `node:util` for logs, encodings and callbacks. */
export const util = { format, inspect, promisify, TextDecoder, TextEncoder };
