import { type AsyncHook, createHook } from 'node:async_hooks';
import { describe as trackedDescribe, it as trackedIt, test as trackedTest } from 'node:test';

/*
 * `node:test` with a time limit for each test, and without its async hook. `scripts/compile-tests.ts` replaces `node:test` in
 * the test files by this module, because Node 20 has options for neither.
 */

/** Time limit of a test with its subtests in milliseconds: three times what the slowest takes on two busy cores. */
export const TEST_LIMIT_MS = 600_000;

/** The hook of `node:test`, which it creates with the first test of a process. */
let hook: AsyncHook | undefined;

/** Calls that are registering a test or a suite, which can contain others. */
let registering = 0;

/** Returns the hook that `work` enables first. `node:test` does not export its own. */
function enabledBy(work: () => void): AsyncHook | undefined {
  const prototype = Object.getPrototypeOf(createHook({})) as AsyncHook;
  const { enable } = prototype;
  let enabled: AsyncHook | undefined;
  prototype.enable = function (this: AsyncHook) {
    enabled ??= this;
    return Reflect.apply(enable, this, []);
  };
  try {
    work();
  } finally {
    prototype.enable = enable;
  }
  return enabled;
}

/**
 * Prints an error that no test catches. It fails the file, but without the hook, `node:test` can neither name its test nor
 * print its stack.
 */
function print(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

/**
 * Registers a test or a suite with the hook of `node:test`, and disables the hook afterwards. The hook tracks every promise
 * and request of a process, which takes an eighth of the processor time of a file. Only a suite needs it, to find its tests.
 */
function untracked<T extends (...args: never[]) => unknown>(register: T): T {
  const registered = (...args: unknown[]): unknown => {
    let result: unknown;
    const work = () => {
      result = Reflect.apply(register, undefined, args);
    };
    registering += 1;
    try {
      if (hook === undefined) {
        hook = enabledBy(work);
        process.on('uncaughtException', print).on('unhandledRejection', print);
      } else {
        hook.enable();
        work();
      }
    } finally {
      registering -= 1;
      if (registering === 0) hook?.disable();
    }
    return result;
  };
  return Object.assign(registered, register) as unknown as T;
}

/** Returns `test` with a time limit, unless the options of a test have another. */
export function withLimit<T extends typeof trackedTest>(register: T, limitMs: number): T {
  const timed = (...args: unknown[]) => {
    const at = args.findIndex((arg) => typeof arg === 'object' && arg !== null);
    const options = { timeout: limitMs, ...(args[at] as object | undefined) };
    const others = args.filter((_, index) => index !== at);
    const [name] = others;
    return Reflect.apply(
      register,
      undefined,
      typeof name === 'string' ? [name, options, ...others.slice(1)] : [options, ...others],
    );
  };
  return Object.assign(timed, register);
}

export const test = untracked(withLimit(trackedTest, TEST_LIMIT_MS));
export const it = untracked(withLimit(trackedIt, TEST_LIMIT_MS));
export const describe = untracked(trackedDescribe);
export { after, afterEach, before, beforeEach } from 'node:test';
