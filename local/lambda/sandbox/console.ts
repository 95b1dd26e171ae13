import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format } from 'node:util';

const LEVELS = {
  debug: 'DEBUG',
  error: 'ERROR',
  info: 'INFO',
  log: 'INFO',
  trace: 'TRACE',
  warn: 'WARN',
} as const;

/**
 * The function's `console`. Lines begin with time, request id and level, as
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html shows them. Line breaks within are carriage returns on
 * their way out, so that what was written at once stays one message.
 */
export function createConsole(write: (text: string) => void, requestId: () => string): Console {
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  const console = new Console({ stdout: sink, stderr: sink });
  for (const [method, level] of Object.entries(LEVELS)) {
    Object.defineProperty(console, method, {
      value: (...values: unknown[]) =>
        write(
          `${new Date().toISOString()}\t${requestId()}\t${level}\t${format(...values).replaceAll('\n', '\r')}\n`,
        ),
      writable: true,
      configurable: true,
    });
  }
  return console;
}
