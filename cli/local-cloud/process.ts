import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, systemCode, UserError } from '../errors.ts';
import { requestOnce } from '../network/bounded-requests.ts';
import { findFailure } from '../network/failures.ts';
import { packageRoot } from '../package-root.ts';
import { followLocalCloud } from '../settings/deployments.ts';
import { diskError } from '../settings/disk-errors.ts';
import { cacheHome, requireFolder } from '../settings/folders.ts';
import { withLock } from '../settings/lock.ts';
import { createFolder, openToAppend, readIfThere } from '../settings/own-files.ts';
import { asTask } from '../ui/create.ts';

/** The description of a running embedded cloud in `cloud.json`. */
export interface RunningCloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly caFile: string;
  readonly dataDir: string;
  /** Folder of the e-mail and text messages that AWS would send, one file each. */
  readonly outboxDir: string;
  readonly pid: number;
  /** Started with `--well-known-keys`. */
  readonly wellKnownKeys: boolean;
  /** The token that its control endpoint requires, and the proof in its responses. */
  readonly control: { readonly token: string; readonly proof: string };
}

/** The first request about isolation tries several kinds of it. */
const DEADLINES_MS = { status: 5000, isolation: 30_000 } as const;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Returns the folder of this user's embedded cloud. */
export function cloudFolder(context: Pick<Context, 'env' | 'platform' | 'home'>): string {
  return join(requireFolder(context, 'data'), 'local');
}

/** Checks a description, so that the token is sent only to 127.0.0.1 and signals only to a valid process id. */
function isWhole(written: unknown): written is RunningCloud {
  const { endpoint, pid, control } = (written ?? {}) as Partial<Record<keyof RunningCloud, unknown>>;
  const { token, proof } = (control ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof endpoint === 'string' &&
    /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(endpoint) &&
    URL.canParse(endpoint) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 1 &&
    [token, proof].every((secret) => typeof secret === 'string' && /^[0-9a-f]+$/.test(secret))
  );
}

/** Returns the cloud of a folder if it runs: it must respond at its endpoint with the proof. */
export async function findCloud(dataDir: string): Promise<RunningCloud | undefined> {
  const text = await readIfThere(join(dataDir, 'cloud.json'));
  if (text === undefined) return undefined;
  try {
    const written: unknown = JSON.parse(text);
    if (!isWhole(written)) return undefined;
    const { dataDir: folder, proof } = await ask(written, 'status');
    return folder === dataDir && proof === written.control.proof ? written : undefined;
  } catch (error) {
    // No response, the response of another program, or a damaged file: this cloud does not run.
    if (error instanceof SyntaxError || findFailure(error) !== undefined) return undefined;
    throw error;
  }
}

/** Returns a description of how a running cloud isolates functions. */
export async function readIsolation(cloud: RunningCloud): Promise<string> {
  return String((await ask(cloud, 'isolation')).isolation);
}

/** Requests a JSON object from a cloud's control endpoint. */
async function ask(
  { endpoint, control }: RunningCloud,
  path: keyof typeof DEADLINES_MS,
): Promise<Record<string, unknown>> {
  const dispatcher = new Agent();
  try {
    const { text } = await requestOnce(`${endpoint}/_edge-upload/${path}`, {
      dispatcher,
      headers: { authorization: `Bearer ${control.token}` },
      signal: new AbortController().signal,
      deadlineMs: DEADLINES_MS[path],
      maxBytes: MAX_ANSWER_BYTES,
    });
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } finally {
    await dispatcher.destroy();
  }
}

interface StartMessage {
  readonly ready?: RunningCloud;
  readonly failed?: { readonly message: string; readonly code?: string; readonly port?: number };
}

export interface StartOptions {
  readonly dataDir: string;
  /** Port of its AWS endpoint on 127.0.0.1; 0 for a free one. Default: the last one, else 4599. */
  readonly port?: number;
  readonly wellKnownKeys?: boolean;
  /** The cloud ends with this process, even if that is killed. Otherwise it outlives it. */
  readonly withParent?: boolean;
}

/**
 * Starts the cloud in a separate process, and waits until it serves.
 * @throws {UserError} `local_cloud`, or `interrupted` once the signal is aborted
 */
export async function startCloud(
  context: Pick<Context, 'env' | 'execPath' | 'home' | 'platform' | 'signal'>,
  { dataDir, port, wellKnownKeys = false, withParent = false }: StartOptions,
): Promise<RunningCloud> {
  const { execPath, platform, signal } = context;
  const logFile = join(dataDir, 'cloud.log');
  const log = await openLog(dataDir, logFile);
  try {
    const child = spawn(
      execPath,
      [
        join(packageRoot(), 'dist', 'local.cjs'),
        '--data-dir',
        dataDir,
        ...(port === undefined ? [] : ['--port', String(port)]),
        ...(wellKnownKeys ? ['--well-known-keys'] : []),
        ...(withParent ? ['--with-parent'] : []),
      ],
      { detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc'], env: cloudEnvironment(context) },
    );
    const stop = () => child.kill();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const message = await new Promise<StartMessage>((resolve, reject) => {
      child.once('message', (said) => resolve(said as StartMessage));
      child.once('error', reject);
      child.once('exit', (status) =>
        resolve({ failed: { message: `it ended with status ${status}; see ${logFile}` } }),
      );
    });
    signal.removeEventListener('abort', stop);
    child.removeAllListeners();
    child.unref();
    if (withParent) child.channel?.unref();
    else if (child.connected) child.disconnect();
    if (signal.aborted) throw interrupted();
    if (message.ready !== undefined) return message.ready;
    throw startFailure(message.failed, platform);
  } finally {
    await log.close();
  }
}

/** Returns the running cloud, and starts it if necessary. */
export async function ensureCloud(
  context: Context,
  options: Omit<StartOptions, 'dataDir'> = {},
): Promise<{ cloud: RunningCloud; started: boolean }> {
  const dataDir = cloudFolder(context);
  // Two commands that find no cloud must not start two on one folder.
  return withLock(
    dataDir,
    async () => {
      const running = await findCloud(dataDir);
      if (running !== undefined) return { cloud: running, started: false };
      const endpointOf = ({ endpoint }: RunningCloud) => endpoint;
      const cloud = await asTask(context.ui, 'Starting the embedded cloud', endpointOf, async () => {
        const started = await startCloud(context, { dataDir, ...options });
        await followLocalCloud(context, { endpoint: started.endpoint, caFile: started.caFile });
        return started;
      });
      return { cloud, started: true };
    },
    { signal: context.signal },
  );
}

async function openLog(dataDir: string, logFile: string): Promise<FileHandle> {
  try {
    await createFolder(dataDir);
    await (await open(logFile, 'ax', 0o600)).close();
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw diskError(logFile, error);
  }
  return openToAppend(logFile);
}

/** Variables for paths, languages and time zones. Windows needs `SystemRoot` to start a program. */
const INHERITED =
  /^(PATH|NODE_DISABLE_COMPILE_CACHE|TMPDIR|TMP|TEMP|LANG|LANGUAGE|LC_[A-Z]+|TZ|SystemRoot|windir|EDGE_UPLOAD_LOCAL_FAULTS|EDGE_UPLOAD_LOCAL_POOL_KEYS)$/i;

/**
 * Returns the variables of the cloud. It runs other people's code, so it gets no passwords, proxies, keys or Node options.
 * Its compiled code is in this user's cache, although it has no `HOME`.
 */
function cloudEnvironment({ env, home }: Pick<Context, 'env' | 'home'>): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(([name]) => INHERITED.test(name));
  return { ...Object.fromEntries(inherited), XDG_CACHE_HOME: cacheHome({ env, home }) };
}

function startFailure(failed: StartMessage['failed'], platform: Context['platform']): UserError {
  const { code, port, message = 'no reason given' } = failed ?? {};
  const finding = [
    'Find the program that uses it:',
    platform === 'win32' ? `  netstat -ano | findstr :${port}` : `  lsof -nP -iTCP:${port} -sTCP:LISTEN`,
  ];
  if (code === 'EADDRINUSE') {
    return new UserError('local_cloud', `Port ${port} is in use by another program.`, {
      hint: [
        'Start the embedded cloud on another port:',
        command`edge-upload local start --port <number>`,
        ...finding,
      ],
    });
  }
  return new UserError('local_cloud', `The embedded cloud cannot start: ${message}.`, {
    hint:
      code === 'DISTRIBUTION_PORT'
        ? finding
        : ['If its folder is damaged, delete everything in it with:', command`edge-upload local reset`],
  });
}

/** Ends a running cloud and waits for its end. Its data is kept. */
export async function stopCloud({ pid }: RunningCloud): Promise<void> {
  kill(pid, 'SIGTERM');
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      kill(pid, 0);
    } catch (error) {
      if (systemCode(error) === 'ESRCH') return;
      throw error;
    }
    await delay(50);
  }
  throw new UserError('local_cloud', `The embedded cloud (process ${pid}) does not end.`, {
    hint: ['End it; its data is kept:', `  kill -9 ${pid}`],
  });
}
