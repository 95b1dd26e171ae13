import { isUserError } from '../../../errors.ts';
import type { PresetName } from '../../../trust/presets.ts';
import { noToken, type WorkloadContext } from './workload.ts';

const TIMEOUT_MS = 30_000;

interface Program {
  readonly preset: PresetName;
  /** Found on the `PATH`, and run without a shell. */
  readonly name: string;
  readonly args: readonly string[];
  /** What helps if it fails. */
  readonly hint: string;
}

/**
 * Runs the program of a CI that prints a token. Its other output is not shown: with its own debug options it contains
 * credentials. Credentials for edges are not passed on to it.
 */
export async function runProgram(
  { env, cwd, signal }: Pick<WorkloadContext, 'env' | 'cwd' | 'signal'>,
  { preset, name, args, hint }: Program,
): Promise<string> {
  const others = Object.entries(env).filter(([variable]) => !variable.startsWith('EDGE_UPLOAD_'));
  const bounds = { subject: name, env: Object.fromEntries(others), cwd, signal, timeoutMs: TIMEOUT_MS };
  // Loads node:child_process, which few commands need.
  const { runBounded } = await import('../../../run-bounded.ts');
  const { exitCode, output } = await runBounded(name, args, bounds).catch((error: Error) => {
    throw isUserError(error) ? error : noToken(preset, error.message, { hint, cause: error.cause });
  });
  if (exitCode === 0) return output;
  throw noToken(preset, `${name} ended with exit code ${exitCode}`, { hint });
}
