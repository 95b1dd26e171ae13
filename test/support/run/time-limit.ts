import { test as untimed, it as untimedIt } from 'node:test';

/*
 * `node:test` with a time limit for each test. `scripts/compile-tests.ts` replaces `node:test` in the test files by this
 * module, because Node 20 has no such option for files that run in separate processes.
 */

/** Time limit of a test with its subtests in milliseconds: three times what the slowest takes on two busy cores. */
export const TEST_LIMIT_MS = 600_000;

/** Returns `test` with a time limit, unless the options of a test have another. */
export function withLimit<T extends typeof untimed>(register: T, limitMs: number): T {
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

export const test = withLimit(untimed, TEST_LIMIT_MS);
export const it = withLimit(untimedIt, TEST_LIMIT_MS);
export { after, afterEach, before, beforeEach, describe } from 'node:test';
