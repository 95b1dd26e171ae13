import { decodeAscii } from '../../protocol/object-url.ts';
import { InUse } from '../command-line.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { type ExitCode, isUserError, systemCode, UserError } from '../errors.ts';
import { networkFailure } from '../network/network-failure.ts';
import { fileError, isDiskCode } from '../settings/disk-errors.ts';
import { wrap } from './format.ts';
import { line, painter, Shown, visible, writeLines } from './shown.ts';

/**
 * Converts any error to a `UserError`. Errors of files and of the network that no command has mapped are mapped here. Any
 * other error is a bug: it keeps its message, and the hint names `--debug`.
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

/** Returns the first text of a kind in an error's chain of causes. */
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

/**
 * Returns the stacks of an error and of its causes. Each line is indented, so that none looks like a line of this program.
 */
function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if (lines.length > 0) lines.push('  caused by');
    const stack = at.stack?.includes(at.message) ? at.stack : `${at.name}: ${at.message}\n${at.stack ?? ''}`;
    lines.push(...stack.split('\n').map((one) => `  ${one}`));
  }
  return lines;
}

/** Tokens of links, keys and issuers, and the password in an address. Errors quote words that were typed by mistake. */
const CREDENTIALS =
  /\b(eu[lk]_|eyJ(?=[\w-]{1,2000}\.eyJ))[\w-]{1,2000}\.[\w.-]+|(?<=:\/\/)[^\s/@:[\]]*:[^\s/@[\]]*(?=@)/gi;

/** Removes credentials, percent-encoded ones too. A text without them stays as it is. */
function withoutCredentials(text: string): string {
  const decoded = decodeAscii(text);
  const shown = decoded.replace(CREDENTIALS, (_, start = '') => `${start}…`);
  return shown === decoded ? text : shown;
}

/** Prints an error, as one JSON document on stdout or as lines on stderr. Returns its exit code. */
export function renderError(
  thrown: unknown,
  { json, debug, color }: Pick<GlobalOptions, 'json' | 'debug' | 'color'>,
  { stdout, stderr, sent }: Pick<Context, 'stdout' | 'stderr' | 'sent'>,
  inUse = new InUse(),
): ExitCode {
  const error = toUserError(thrown);
  const paint = painter(color && stderr.isTTY === true);
  const { code } = error;
  const shown = (text: string) => withoutCredentials(sent.removedFrom(text));
  const message = shown(error.message);
  const hintLines = inUse.lines(error.hintLines).map(shown);
  if (json) {
    const document = { code, message, ...(hintLines.length > 0 && { hint: hintLines.join('\n') }) };
    writeLines(stdout, [Shown.json({ error: document })]);
  } else {
    // Text is wrapped on terminals only; in a log, each line stays whole.
    const width = stderr.isTTY ? (stderr.columns ?? 80) : Number.POSITIVE_INFINITY;
    const [first = '', ...rest] = wrap(`error: ${visible(message)}`, width, '  ');
    // A command gets its own line and is not wrapped, so that it can be copied.
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
