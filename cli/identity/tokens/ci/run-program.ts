import { spawn } from 'node:child_process';
import { interrupted } from '../../../errors.ts';
import type { PresetName } from '../../../trust/presets.ts';
import { noToken, type WorkloadPlace } from './workload.ts';

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

interface Program {
  readonly preset: PresetName;
  /** Looked for on the `PATH`. No shell is involved. */
  readonly name: string;
  readonly args: readonly string[];
  /** What helps if it fails. */
  readonly hint: string;
}

/**
 * Runs the program of a CI that prints a token, bounded in bytes and time. Its other output is not shown: with its own
 * debug options it contains credentials. Credentials for edges are not passed on to it.
 */
export function runProgram(
  { env, cwd, signal }: Pick<WorkloadPlace, 'env' | 'cwd' | 'signal'>,
  { preset, name, args, hint }: Program,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(interrupted());
    const others = Object.entries(env).filter(([variable]) => !variable.startsWith('EDGE_UPLOAD_'));
    const child = spawn(name, args, {
      env: Object.fromEntries(others),
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const fail = (why: string, cause?: unknown) => noToken(preset, why, { hint, cause });
    let output = '';
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // Programs that it started can hold its pipe open.
      child.stdout.destroy();
      child.kill('SIGKILL');
      act();
    };
    const onAbort = () => settle(() => reject(interrupted()));
    const timer = setTimeout(() => {
      settle(() => reject(fail(`${name} did not answer within ${TIMEOUT_MS / 1000} s`)));
    }, TIMEOUT_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => settle(() => reject(fail(`${name} cannot be run`, error))));
    child.once('close', (code) => {
      settle(() => (code === 0 ? resolve(output) : reject(fail(`${name} ended with exit code ${code}`))));
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > MAX_OUTPUT_BYTES) settle(() => reject(fail(`${name} prints too much`)));
    });
    return undefined;
  });
}
