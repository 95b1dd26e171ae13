import { InUse } from '../command-line.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { type ExitCode, isUserError, systemCode, UserError } from '../errors.ts';
import { networkFailure } from '../network/network-failure.ts';
import { fileError, isDiskCode } from '../settings/disk-errors.ts';
import { wrap } from './format.ts';
import { line, painter, Shown, visible, writeLines } from './shown.ts';

/**
 * Any error as the one a user meets. Errors of files and of the network that no command has put into words of its own are
 * mapped here; what is left is a fault of this program: it keeps its message, and says where to look.
 */
export function toUserError(error: unknown): UserError {
  if (isUserError(error)) return error;
  const code = systemCode(error);
  const path = member(error, 'path');
  if (path !== undefined && code !== undefined) return fileError(path, error);
  const mapped = networkFailure(error, serverOf(error));
  if (mapped !== undefined) return mapped;
  if (isDiskCode(code)) return fileError('A file', error);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /memory/i.test(message)) {
    return new UserError('unexpected', `There is not enough memory: ${message}`, {
      hint: 'Raise the limit (ulimit -v), or lower --concurrency and --part-size.',
      cause: error,
    });
  }
  if (!('WebAssembly' in globalThis)) {
    return new UserError('settings', `Node runs without WebAssembly: ${message}.`, {
      hint: 'Remove --jitless from NODE_OPTIONS.',
      cause: error,
    });
  }
  return new UserError('unexpected', `Unexpected error: ${message}`, {
    hint: 'Run the same command again with --debug to see where.',
    cause: error,
  });
}

/** A text that one of the errors in a chain of causes carries. */
function member(error: unknown, name: string): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const value: unknown = Reflect.get(at, name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function serverOf(error: unknown): string {
  return member(error, 'hostname') ?? member(error, 'host') ?? member(error, 'address') ?? 'A server';
}

/** The stack of an error and of those that caused it. Each line is indented, so that none looks like one of ours. */
function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if (lines.length > 0) lines.push('  caused by');
    const stack = at.stack?.includes(at.message) ? at.stack : `${at.name}: ${at.message}\n${at.stack ?? ''}`;
    lines.push(...stack.split('\n').map((one) => `  ${one}`));
  }
  return lines;
}

/** The tokens of links and keys. Commander quotes words that it does not know, and a link may be one of them. */
const TOKENS = /\b(eu[lk]_)[\w-]+\.[\w.-]+/g;

function withoutTokens(text: string): string {
  return text.replace(TOKENS, '$1…');
}

/** Shows an error where the reader looks for it, one JSON document on stdout or lines on stderr; gives its exit code. */
export function renderError(
  thrown: unknown,
  { json, debug, color }: Pick<GlobalOptions, 'json' | 'debug' | 'color'>,
  { stdout, stderr, sent }: Pick<Context, 'stdout' | 'stderr' | 'sent'>,
  inUse = new InUse(),
): ExitCode {
  const error = toUserError(thrown);
  const paint = painter(color && stderr.isTTY === true);
  const { code } = error;
  const shown = (text: string) => withoutTokens(sent.removedFrom(text));
  const message = shown(error.message);
  const hintLines = inUse.lines(error.hintLines).map(shown);
  if (json) {
    const document = { code, message, ...(hintLines.length > 0 && { hint: hintLines.join('\n') }) };
    writeLines(stdout, [Shown.json({ error: document })]);
  } else {
    // Only a person's screen has a width; in a log a line is a line.
    const width = stderr.isTTY ? (stderr.columns ?? 80) : Number.POSITIVE_INFINITY;
    const [first = '', ...rest] = wrap(`error: ${visible(message)}`, width, '  ');
    // A command stands on a line of its own and stays whole, so that it can be copied.
    const hints = hintLines.flatMap((one) =>
      one.startsWith('  ') ? [`  ${visible(one)}`] : wrap(`  ${visible(one)}`, width, '  '),
    );
    writeLines(stderr, [
      line`${paint('red', 'error:')}${first.slice('error:'.length)}`,
      ...[...rest, ...hints].map((text) => line`${text}`),
    ]);
  }
  if (debug)
    writeLines(
      stderr,
      causes(error).map((text) => paint('dim', shown(text))),
    );
  return error.exitCode;
}
