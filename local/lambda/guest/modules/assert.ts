import { inspect } from './inspect.ts';
import { isDeepStrictEqual } from './util.ts';

type Message = string | Error | undefined;

interface Comparison {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
}

export class AssertionError extends Error {
  readonly code = 'ERR_ASSERTION';
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;
  readonly generatedMessage: boolean;

  constructor({ message, actual, expected, operator }: Partial<Comparison> & { message?: string }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = 'AssertionError';
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

function check(holds: boolean, message: Message, comparison: Comparison): void {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ ...comparison, ...(message === undefined ? {} : { message }) });
}

const comparing =
  (operator: string, holds: (actual: unknown, expected: unknown) => boolean) =>
  (actual: unknown, expected: unknown, message?: Message) =>
    check(holds(actual, expected), message, { actual, expected, operator });

function ok(value: unknown, message?: Message): void {
  check(Boolean(value), message, { actual: value, expected: true, operator: '==' });
}

function expected(error: unknown, wanted: unknown): boolean {
  if (wanted === undefined || typeof wanted === 'string') return true;
  if (wanted instanceof RegExp) return wanted.test(String(error));
  if (typeof wanted === 'function') {
    return (
      error instanceof (wanted as new () => unknown) ||
      (wanted as (error: unknown) => unknown)(error) === true
    );
  }
  return Object.entries(wanted as object).every(([key, value]) => {
    const own = (error as Record<string, unknown>)[key];
    return value instanceof RegExp ? value.test(String(own)) : isDeepStrictEqual(own, value);
  });
}

function missing(operator: string, message: Message): never {
  throw new AssertionError({
    message: `Missing expected ${operator === 'rejects' ? 'rejection' : 'exception'}.`,
    operator,
    ...(typeof message === 'string' ? { message } : {}),
  });
}

function throws(run: () => unknown, wanted?: unknown, message?: Message): void {
  try {
    run();
  } catch (error) {
    if (expected(error, wanted)) return;
    throw error;
  }
  missing('throws', message);
}

async function rejects(
  run: Promise<unknown> | (() => Promise<unknown>),
  wanted?: unknown,
  message?: Message,
): Promise<void> {
  try {
    await (typeof run === 'function' ? run() : run);
  } catch (error) {
    if (expected(error, wanted)) return;
    throw error;
  }
  missing('rejects', message);
}

const strict = {
  AssertionError,
  deepEqual: comparing('deepStrictEqual', isDeepStrictEqual),
  deepStrictEqual: comparing('deepStrictEqual', isDeepStrictEqual),
  doesNotMatch: comparing('doesNotMatch', (text, pattern) => !(pattern as RegExp).test(String(text))),
  doesNotThrow: (run: () => unknown) => void run(),
  doesNotReject: async (run: Promise<unknown> | (() => Promise<unknown>)) =>
    void (await (typeof run === 'function' ? run() : run)),
  equal: comparing('strictEqual', Object.is),
  fail: (message: Message = 'Failed') =>
    check(false, message, { actual: undefined, expected: undefined, operator: 'fail' }),
  ifError: (error: unknown) => {
    if (error !== null && error !== undefined) throw error;
  },
  match: comparing('match', (text, pattern) => (pattern as RegExp).test(String(text))),
  notDeepEqual: comparing('notDeepStrictEqual', (one, other) => !isDeepStrictEqual(one, other)),
  notDeepStrictEqual: comparing('notDeepStrictEqual', (one, other) => !isDeepStrictEqual(one, other)),
  notEqual: comparing('notStrictEqual', (one, other) => !Object.is(one, other)),
  notStrictEqual: comparing('notStrictEqual', (one, other) => !Object.is(one, other)),
  ok,
  rejects,
  strictEqual: comparing('strictEqual', Object.is),
  throws,
};

export const assertStrict = Object.assign(ok.bind(undefined), strict);
export const assert = Object.assign(ok.bind(undefined), strict, {
  // biome-ignore lint/suspicious/noDoubleEquals: what the loose assertions are for
  equal: comparing('==', (one, other) => one == other),
  // biome-ignore lint/suspicious/noDoubleEquals: what the loose assertions are for
  notEqual: comparing('!=', (one, other) => one != other),
  strict: assertStrict,
});
Object.assign(assertStrict, { strict: assertStrict });
