import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { STACK_PREFIX } from './account.ts';

/** The built command line. */
const CLI = join(import.meta.dirname, '../dist/edge-upload.js');

/** Maximum milliseconds of a command. Deploys take longest, while CloudFront distributes a change. */
const LIMIT_MS = 45 * 60_000;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Whether to show the command's messages while it runs. */
  readonly aloud?: boolean;
}

export type CommandLine = (args: readonly string[], options?: RunOptions) => Promise<Ran>;

/** Variables that name the folders of the command line, each with its folder below the home. */
const FOLDERS = { XDG_CONFIG_HOME: 'config', XDG_STATE_HOME: 'state', XDG_DATA_HOME: 'data' };

/**
 * Returns the command line with folders of its own, without the settings of the current user. `HOME` stays the same,
 * because AWS profiles are below it.
 */
function commandLineAt(home: string, env: NodeJS.ProcessEnv): CommandLine {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('EDGE_UPLOAD_'));
  const folders = Object.entries(FOLDERS).map(([name, folder]) => [name, join(home, folder)]);
  const own = { ...Object.fromEntries([...others, ...folders]), EDGE_UPLOAD_KEYRING: 'off' };
  return async (args, { env: more = {}, input = '', signal, aloud = false } = {}) => {
    signal?.throwIfAborted();
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: home,
      env: { ...own, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    // Ctrl-C in a terminal reaches the command directly; elsewhere it is forwarded. The command ends cleanly.
    const stop = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', stop);
    // A command that exits before it reads its input closes the pipe. Its exit code is the result.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    if (aloud) child.stderr.pipe(process.stderr, { end: false });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    signal?.removeEventListener('abort', stop);
    return { code: code as number | null, stdout, stderr };
  };
}

/** Creates a folder that is the current folder of the command line and contains its settings. */
export async function openHome(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly home: string; readonly run: CommandLine }> {
  const home = await mkdtemp(join(tmpdir(), STACK_PREFIX));
  return { home, run: commandLineAt(home, env) };
}

/**
 * Runs a command and returns its JSON document.
 * @throws {Error} if the command fails
 */
export async function document<T>(
  run: CommandLine,
  args: readonly string[],
  options?: RunOptions,
): Promise<T> {
  const { code, stdout, stderr } = await run([...args, '--json'], options);
  // The document is the error. What went to stderr can explain it.
  if (code !== 0) throw new Error(`edge-upload ${args[0]} exited with ${code}: ${stdout.trim()}\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
