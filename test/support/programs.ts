import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { omitUndefined } from '../../protocol/fields.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs a program with `input` as its standard input, and waits for its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = spawn(command, args, {
    env: options.env,
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...omitUndefined({ signal: options.signal }),
  });
  // A program that ends before it reads its input closes the pipe. Its exit code is the result.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
}

/** Whether a program runs. The result is kept for the test run, because some programs take a second to start. */
function doesRun(command: string, args: readonly string[]): boolean {
  const { COMPILED_TESTS: folder } = process.env;
  const name = createHash('sha256').update(JSON.stringify([command, ...args]));
  const known = folder === undefined ? undefined : join(folder, `runs-${name.digest('hex')}`);
  if (known !== undefined && existsSync(known)) return true;
  if (spawnSync(command, args).status !== 0) return false;
  if (known !== undefined) writeFileSync(known, '');
  return true;
}

/**
 * Returns a reason to skip a test whose third-party program (“witness”) does not run on this machine; `false` if it runs.
 * @param args Arguments with which the program succeeds at once.
 * @throws {Error} for a missing program if REQUIRE_WITNESSES is set, as in CI
 */
export function missing(command: string, ...args: readonly string[]): string | false {
  if (doesRun(command, args.length === 0 ? ['--version'] : args)) return false;
  const reason = `${[command, ...args].join(' ')} does not run here`;
  if (process.env.REQUIRE_WITNESSES) throw new Error(`${reason}, and REQUIRE_WITNESSES is set`);
  return reason;
}
