import { join } from 'node:path';
import { isStandalone, packageRoot } from './package-root.ts';

/** Programs in `dist/` that do one task for a command, in a process that can be ended at any time. */
export type HelperName = 'credentials' | 'keyring';

/** Beginning of the argument with which the standalone program runs as a helper. */
export const STANDALONE_HELPER = 'helper:';

export type HelperEnv = Readonly<Record<string, string | undefined>>;

interface HelperOptions {
  readonly env: HelperEnv;
  readonly execPath: string;
  /** Ends the helper, and rejects with `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/**
 * Runs a helper with a JSON request on its standard input, and returns the JSON that it prints. Secrets are passed through
 * pipes only.
 * @throws if the helper does not respond in time or not with JSON
 */
export async function askHelper(
  name: HelperName,
  request: unknown,
  { execPath, ...bounds }: HelperOptions,
): Promise<unknown> {
  // The standalone program is its own helper.
  const program = isStandalone ? `${STANDALONE_HELPER}${name}` : join(packageRoot(), 'dist', `${name}.js`);
  const input = JSON.stringify(request);
  // Loads node:child_process, which few commands need.
  const { runBounded } = await import('./run-bounded.ts');
  const { output } = await runBounded(execPath, [program], { ...bounds, subject: 'it', input });
  try {
    return JSON.parse(output);
  } catch {
    // The parser's error repeats a part of the response, which can be a secret.
    throw new Error('it ended without a response');
  }
}
