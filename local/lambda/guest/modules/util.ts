import { TextDecoder, TextEncoder } from '../globals/text.ts';
import { Buffer } from './buffer.ts';
import { format, inspect } from './inspect.ts';

type Callback = (error: unknown, value?: unknown) => void;
type AnyFunction = (...args: unknown[]) => unknown;
const CUSTOM_PROMISE = Symbol.for('nodejs.util.promisify.custom');

export function promisify(original: AnyFunction): AnyFunction {
  const custom = (original as unknown as Record<symbol, unknown>)[CUSTOM_PROMISE];
  if (typeof custom === 'function') return custom as AnyFunction;
  return function (this: unknown, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, value) => (error ? reject(error) : resolve(value));
      original.call(this, ...args, callback);
    });
  };
}
promisify.custom = CUSTOM_PROMISE;

export function callbackify(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const callback = args.pop() as Callback;
    void Promise.resolve(original.apply(this, args)).then(
      (value) => callback(null, value),
      (error: unknown) => callback(error),
    );
  };
}

/** Returns a result at once, or passes it later to a callback in the last argument. */
export function maybeLater<A extends unknown[]>(sync: (...args: A) => unknown) {
  return (...args: unknown[]): unknown => {
    const done = args.at(-1);
    if (typeof done !== 'function') return sync(...(args as A));
    setImmediate(() => {
      try {
        (done as Callback)(null, sync(...(args.slice(0, -1) as A)));
      } catch (error) {
        (done as Callback)(error as Error);
      }
    });
    return undefined;
  };
}

export function inherits(child: AnyFunction, parent: AnyFunction): void {
  Object.defineProperty(child, 'super_', { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

export function isDeepStrictEqual(one: unknown, other: unknown): boolean {
  return isEqual(one, other, []);
}

function isEqual(one: unknown, other: unknown, path: readonly unknown[]): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (path.includes(one)) return true;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const next = [...path, one];
  if (one instanceof Date && Number(one) !== Number(other)) return false;
  if (one instanceof RegExp && String(one) !== String(other)) return false;
  if (one instanceof Error) {
    const { name, message } = other as Error;
    if (one.name !== name || one.message !== message) return false;
  }
  if (one instanceof Map || one instanceof Set) {
    const others = [...(other as Set<unknown>)];
    const items = [...one];
    return items.length === others.length && items.every((item, at) => isEqual(item, others[at], next));
  }
  const [keys, otherKeys] = [Object.keys(one), Object.keys(other)];
  return (
    keys.length === otherKeys.length &&
    keys.every(
      (key) =>
        Object.hasOwn(other, key) &&
        isEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key], next),
    )
  );
}

const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

/** `node:util/types` */
export const types = {
  isAnyArrayBuffer: (value: unknown) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer,
  isArrayBuffer: (value: unknown) => value instanceof ArrayBuffer,
  isArrayBufferView: (value: unknown) => ArrayBuffer.isView(value),
  isAsyncFunction: (value: unknown) => tagOf(value) === 'AsyncFunction',
  isBoxedPrimitive: (value: unknown) =>
    /^(Number|String|Boolean|Symbol|BigInt)$/.test(tagOf(value)) && typeof value === 'object',
  isDataView: (value: unknown) => value instanceof DataView,
  isDate: (value: unknown) => value instanceof Date,
  isGeneratorFunction: (value: unknown) => tagOf(value) === 'GeneratorFunction',
  isMap: (value: unknown) => value instanceof Map,
  isNativeError: (value: unknown) => value instanceof Error,
  isPromise: (value: unknown) => value instanceof Promise,
  isProxy: () => false,
  isRegExp: (value: unknown) => value instanceof RegExp,
  isSet: (value: unknown) => value instanceof Set,
  isTypedArray: (value: unknown) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: (value: unknown) => value instanceof Uint8Array,
  isWeakMap: (value: unknown) => value instanceof WeakMap,
  isWeakSet: (value: unknown) => value instanceof WeakSet,
};

const quiet = Object.assign(() => {}, { enabled: false });

export const util = {
  callbackify,
  debug: () => quiet,
  debuglog: () => quiet,
  deprecate: (original: AnyFunction) => original,
  format,
  inherits,
  inspect,
  isArray: Array.isArray,
  isBuffer: Buffer.isBuffer,
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters: (text: string) =>
    String(text).replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g'), ''),
  toUSVString: (text: string) =>
    String(text).replace(
      /[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?!(?<=[\ud800-\udbff])[\udc00-\udfff])/g,
      '\ufffd',
    ),
  types,
  TextDecoder,
  TextEncoder,
};
