import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, systemCode, UserError } from '../errors.ts';
import { compareWithThis, packageRoot, packageVersion } from '../package-root.ts';
import { followLocalCloud } from '../settings/deployments.ts';
import { diskError } from '../settings/disk-errors.ts';
import { cacheHome } from '../settings/folders.ts';
import { withLock } from '../settings/lock.ts';
import { createFolder, openToAppend } from '../settings/own-files.ts';
import { asTask } from '../ui/create.ts';
import { cloudFolder, findCloud, type RunningCloud, stuckCloud } from './find.ts';

interface StartMessage {
  readonly ready?: RunningCloud;
  readonly failed?: {
    readonly message: string;
    readonly code?: string;
    readonly path?: string;
    /** Where it could not listen. */
    readonly port?: number;
  };
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
        '--version',
        packageVersion(),
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
    throw startFailure(message.failed, platform, dataDir);
  } finally {
    await log.close();
  }
}

/**
 * Returns the running cloud, and starts it if necessary. A cloud of an earlier version, which an upgrade left running, is
 * restarted: it does not support what this version deploys. A later one also serves the commands of this version.
 */
export async function ensureCloud(
  context: Context,
  options: Omit<StartOptions, 'dataDir'> = {},
): Promise<{ cloud: RunningCloud; started: boolean }> {
  const dataDir = cloudFolder(context);
  // Two commands that find no cloud must not start two on one folder.
  return withLock(
    dataDir,
    async () => {
      const running = await findCloud(dataDir, { signal: context.signal });
      if (running !== undefined && !(await isOutdated(running))) return { cloud: running, started: false };
      const doing = `${running === undefined ? 'Starting' : 'Upgrading'} the embedded cloud`;
      const endpointOf = ({ endpoint }: RunningCloud) => endpoint;
      const cloud = await asTask(context.ui, doing, endpointOf, async () => {
        if (running !== undefined) await stopCloud(running);
        const { wellKnownKeys = running?.wellKnownKeys ?? false } = options;
        const started = await startCloud(context, { dataDir, ...options, wellKnownKeys });
        await followLocalCloud(context, { endpoint: started.endpoint, caFile: started.caFile });
        return started;
      });
      return { cloud, started: true };
    },
    { signal: context.signal },
  );
}

/** Returns true for a cloud of an earlier version than this one. */
async function isOutdated({ version = '' }: RunningCloud): Promise<boolean> {
  return ((await compareWithThis(version)) ?? -1) < 0;
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

/** Errors of a disk that is full, read-only or another user's. A reset would delete the data, and not help. */
const NOT_DAMAGE: ReadonlySet<string | undefined> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE'],
]);

function startFailure(
  failed: StartMessage['failed'],
  platform: Context['platform'],
  dataDir: string,
): UserError {
  const { code, path = dataDir, port, message = 'no reason given' } = failed ?? {};
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
  if (port === undefined && NOT_DAMAGE.has(code)) {
    return diskError(path, Object.assign(new Error(message), { code }));
  }
  return new UserError('local_cloud', `The embedded cloud cannot start: ${message}.`, {
    hint:
      code === 'DISTRIBUTION_PORT'
        ? finding
        : ['If its folder is damaged, delete everything in it with:', command`edge-upload local reset`],
  });
}

/** Ends a running cloud and waits for its end. Its data is kept. */
export async function stopCloud(cloud: RunningCloud): Promise<void> {
  const { pid } = cloud;
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      kill(pid, tries === 0 ? 'SIGTERM' : 0);
    } catch (error) {
      if (systemCode(error) === 'ESRCH') return;
      throw error;
    }
    await delay(50);
  }
  throw stuckCloud(cloud, 'does not end');
}
