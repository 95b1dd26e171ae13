import { spawn } from 'node:child_process';
import { interrupted } from './errors.ts';

interface BoundedRun {
  /** Subject of the messages, such as `circleci`. */
  readonly subject: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to the standard input; absent: the program has none. */
  readonly input?: string;
  /** Ends the program, and rejects with `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

interface ProgramEnd {
  /** `null` if a signal ended the program. */
  readonly exitCode: number | null;
  readonly output: string;
}

const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a program without a shell, bounded in time and in bytes of its standard output. Its standard error is not read.
 * @throws {Error} with a message that begins with the subject, if the program cannot be run or exceeds a bound
 */
export function runBounded(
  program: string,
  args: readonly string[],
  { subject, env, cwd, input, signal, timeoutMs }: BoundedRun,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(interrupted());
    const stdin = input === undefined ? 'ignore' : 'pipe';
    const child = spawn(program, args, { env, cwd, stdio: [stdin, 'pipe', 'ignore'], windowsHide: true });
    let output = '';
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // Programs that it started can hold its pipes open.
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.kill('SIGKILL');
      act();
    };
    const fail = (why: string, cause?: unknown) =>
      settle(() => reject(new Error(`${subject} ${why}`, { cause })));
    const onAbort = () => settle(() => reject(interrupted()));
    const timer = setTimeout(() => fail(`did not respond within ${timeoutMs / 1000} s`), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => fail('cannot be run', error));
    child.once('close', (exitCode) => settle(() => resolve({ exitCode, output })));
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > MAX_OUTPUT_BYTES) fail('prints too much');
    });
    // A program that has ended reads nothing; its end is reported above.
    child.stdin?.on('error', () => {}).end(input);
    return undefined;
  });
}
