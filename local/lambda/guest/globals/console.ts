import { format, inspect } from '../modules/inspect.ts';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

const METHODS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  error: 'ERROR',
  info: 'INFO',
  log: 'INFO',
  trace: 'TRACE',
  warn: 'WARN',
};

export interface ConsoleOptions {
  readonly write: (text: string) => void;
  readonly requestId: () => string;
  /** The function's environment; `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL` are used. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The function's `console`. In text format, lines begin with time, request id and level. In JSON format, each call is an
 * object, and calls below the function's level are omitted. Line breaks within a message are sent as carriage returns,
 * so that each call is one message.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function createConsole({ write, requestId, environment }: ConsoleOptions): object {
  const isJson = environment.AWS_LAMBDA_LOG_FORMAT === 'JSON';
  const least = LEVELS.indexOf(environment.AWS_LAMBDA_LOG_LEVEL ?? 'TRACE');
  const line = isJson ? jsonLine : textLine;
  const levelled = Object.entries(METHODS).map(([method, level]) => [
    method,
    (...values: unknown[]) => {
      if (isJson && LEVELS.indexOf(level) < least) return;
      write(line(new Date().toISOString(), requestId(), level, values));
    },
  ]);
  return { ...plainMethods(write), ...Object.fromEntries(levelled) };
}

/** Methods that the runtime does not patch: they write lines without a prefix. */
function plainMethods(write: (text: string) => void): object {
  const counts = new Map<string, number>();
  const begun = new Map<string, number>();
  let indent = '';
  const print = (...values: unknown[]) => write(`${indent}${format(...values).replaceAll('\n', '\r')}\n`);
  const time = (label: string) => `${label}: ${Date.now() - (begun.get(label) ?? Date.now())}ms`;
  const group = (...values: unknown[]) => {
    if (values.length > 0) print(...values);
    indent += '  ';
  };
  return {
    assert: (holds: unknown, ...values: unknown[]) => {
      if (!holds) print(`Assertion failed${values.length > 0 ? ':' : ''}`, ...values);
    },
    clear: () => {},
    count: (label = 'default') => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      print(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = 'default') => void counts.delete(label),
    dir: (value: unknown, options?: object) => print(inspect(value, options)),
    dirxml: print,
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    table: print,
    time: (label = 'default') => void begun.set(label, Date.now()),
    timeEnd: (label = 'default') => {
      print(time(label));
      begun.delete(label);
    },
    timeLog: (label = 'default', ...values: unknown[]) => print(time(label), ...values),
  };
}

function textLine(at: string, requestId: string, level: string, values: readonly unknown[]): string {
  return `${at}\t${requestId}\t${level}\t${format(...values).replaceAll('\n', '\r')}\n`;
}

/** Logs one value as itself, several as one text with the members of the first error. */
function jsonLine(timestamp: string, requestId: string, level: string, values: readonly unknown[]): string {
  const head = { timestamp, level, requestId };
  if (values.length === 1) {
    try {
      return `${JSON.stringify({ ...head, message: values[0] }, errorsAsObjects)}\n`;
    } catch {
      // Circular values and BigInts have no JSON form; the runtime logs them as text.
    }
  }
  const error = values.length > 1 ? values.find((value) => value instanceof Error) : undefined;
  return `${JSON.stringify({ ...head, message: format(...values), ...(error && errorMembers(error)) })}\n`;
}

function errorsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Error ? errorMembers(value) : value;
}

function errorMembers(error: Error): object {
  const { message, stack } = error;
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: message,
    stackTrace: typeof stack === 'string' ? stack.split('\n') : [],
  };
}
