import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { interrupted } from './errors.ts';
import { packageRoot } from './package-root.ts';

/** Programs in `dist/` that do one thing for a command, in a process that can be ended at any time. */
export type HelperName = 'credentials' | 'keyring';

export type HelperEnv = Readonly<Record<string, string | undefined>>;

interface HelperOptions {
  readonly env: HelperEnv;
  readonly execPath: string;
  /** Ends the helper, and rejects with `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Runs a helper with a JSON request on its standard input and returns the JSON that it prints. Secrets go both ways by pipes.
 * @throws if the helper does not answer in time, or with something else
 */
export function askHelper(
  name: HelperName,
  request: unknown,
  { env, execPath, signal, timeoutMs }: HelperOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(interrupted());
    const child = spawn(execPath, [join(packageRoot(), 'dist', `${name}.js`)], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    let answer = '';
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // Programs that the helper started can hold its pipes open.
      child.stdin.destroy();
      child.stdout.destroy();
      child.kill('SIGKILL');
      act();
    };
    const onAbort = () => settle(() => reject(interrupted()));
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`it did not answer within ${timeoutMs / 1000} s`)));
    }, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => settle(() => reject(error)));
    child.once('close', () => {
      settle(() => {
        try {
          resolve(JSON.parse(answer));
        } catch (cause) {
          reject(new Error('it ended without an answer', { cause }));
        }
      });
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
      if (answer.length > MAX_ANSWER_BYTES) settle(() => reject(new Error('its answer is too long')));
    });
    // A helper that has ended reads nothing; its end is reported above.
    child.stdin.on('error', () => {}).end(JSON.stringify(request));
    return undefined;
  });
}
