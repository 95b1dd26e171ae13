import { format } from '../modules/inspect.ts';

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
  const methods = Object.entries(METHODS).map(([method, level]) => [
    method,
    (...values: unknown[]) => {
      if (isJson && LEVELS.indexOf(level) < least) return;
      write(line(new Date().toISOString(), requestId(), level, values));
    },
  ]);
  return Object.fromEntries(methods);
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
