import type { Context, GlobalOptions } from '../context.ts';
import { type ExitCode, isUserError, systemCode, UserError } from '../errors.ts';
import { fileError } from '../settings/disk-errors.ts';
import { painter, printable, wrap } from './format.ts';

/** Any error as the one a user meets; what nobody foresaw keeps its message, and says where to look. */
export function toUserError(error: unknown): UserError {
  if (isUserError(error)) return error;
  const code = systemCode(error);
  if (error instanceof Error && 'path' in error && typeof error.path === 'string' && code !== undefined) {
    return fileError(error.path, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new UserError('unexpected', `Something went wrong that edge-upload did not foresee: ${message}`, {
    hint: 'Run the command again with --debug to see where.',
    cause: error,
  });
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) lines.push(at.stack ?? at.message);
  return lines;
}

/** Shows an error where the reader looks for it, one JSON document on stdout or lines on stderr; gives its exit code. */
export function renderError(
  thrown: unknown,
  { json, debug, color }: Pick<GlobalOptions, 'json' | 'debug' | 'color'>,
  { stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>,
): ExitCode {
  const error = toUserError(thrown);
  const paint = painter(color);
  if (json) {
    const { code, message, hint } = error;
    stdout.write(
      `${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`,
    );
  } else {
    // Only a person's screen has a width; in a log a line is a line.
    const width = stderr.isTTY ? (stderr.columns ?? 80) : Number.POSITIVE_INFINITY;
    stderr.write(
      `${wrap(`error: ${printable(error.message)}`, width, '  ').replace('error:', paint('red', 'error:'))}\n`,
    );
    if (error.hint !== undefined) stderr.write(`${wrap(`  ${printable(error.hint)}`, width, '  ')}\n`);
  }
  if (debug) stderr.write(`${paint('dim', causes(error).join('\ncaused by '))}\n`);
  return error.exitCode;
}
