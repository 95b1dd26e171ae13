import { spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { diskError, makeFolder, readIfThere } from '../settings/files.ts';
import { folders } from '../settings/folders.ts';

/** A running embedded cloud, in its own words. */
export interface RunningCloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly caFile: string;
  readonly dataDir: string;
  /** Folder of the e-mail and text messages that AWS would send, a file each. */
  readonly outboxDir: string;
  readonly pid: number;
}

/** Where this user's embedded cloud keeps everything. */
export function cloudFolder(context: Pick<Context, 'env' | 'platform' | 'home'>): string {
  return join(folders(context).data, 'local');
}

/** The cloud of that folder if it runs: what it wrote down is believed only when it answers and says the same. */
export async function findCloud(dataDir: string): Promise<RunningCloud | undefined> {
  const text = await readIfThere(join(dataDir, 'cloud.json'));
  if (text === undefined) return undefined;
  const written = JSON.parse(text) as RunningCloud;
  try {
    const answer = await request(`${written.endpoint}/_edge-upload/status`, {
      headersTimeout: 5000,
      bodyTimeout: 5000,
    });
    const said = (await answer.body.json()) as Partial<RunningCloud>;
    return said.dataDir === dataDir && said.pid === written.pid ? written : undefined;
  } catch (error) {
    // Nobody there, or something else answers at that port: either way this cloud does not run.
    if (systemCode(error) !== undefined || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface StartMessage {
  readonly ready?: RunningCloud;
  readonly failed?: { readonly message: string; readonly code?: string };
}

/**
 * Starts the cloud as a process of its own, which outlives this one, and waits until it serves.
 * @param port its AWS endpoint's port on 127.0.0.1; 0 takes a free one; absent: the one it had last, else 4599
 */
export async function startCloud(
  { env, execPath }: Pick<Context, 'env' | 'execPath'>,
  { dataDir, port }: { readonly dataDir: string; readonly port?: number },
): Promise<RunningCloud> {
  const logFile = join(dataDir, 'cloud.log');
  const log = await openLog(dataDir, logFile);
  try {
    const child = spawn(
      execPath,
      [
        join(packageRoot(), 'dist', 'local.js'),
        '--data-dir',
        dataDir,
        ...(port === undefined ? [] : ['--port', String(port)]),
      ],
      { detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc'], env: withoutSecrets(env) },
    );
    const message = await new Promise<StartMessage>((resolve, reject) => {
      child.once('message', (said) => resolve(said as StartMessage));
      child.once('error', reject);
      child.once('exit', (status) =>
        resolve({ failed: { message: `it ended with status ${status}; see ${logFile}` } }),
      );
    });
    child.removeAllListeners();
    child.unref();
    if (child.connected) child.disconnect();
    if (message.ready !== undefined) return message.ready;
    throw startFailure(message.failed);
  } finally {
    await log.close();
  }
}

async function openLog(dataDir: string, logFile: string) {
  try {
    await makeFolder(dataDir);
    return await open(logFile, 'a', 0o600);
  } catch (error) {
    throw diskError(logFile, error);
  }
}

/** A cloud that runs for days must not carry the passwords of the command that happened to start it. */
function withoutSecrets(env: Context['env']): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(AWS_|EDGE_UPLOAD_(?!LOCAL_))|PASSWORD|TOKEN|SECRET/i.test(name),
    ),
  );
}

function startFailure(failed: StartMessage['failed']): UserError {
  if (failed?.code === 'EADDRINUSE') {
    return new UserError('local_cloud', `The embedded cloud cannot start: ${failed.message}.`, {
      hint: 'Something else uses that port. Choose another for the endpoint with: edge-upload local start --port <number>',
    });
  }
  return new UserError(
    'local_cloud',
    `The embedded cloud cannot start: ${failed?.message ?? 'no reason given'}.`,
    {
      hint: 'If its folder is damaged, start anew with: edge-upload local reset',
    },
  );
}

/** Ends a running cloud and waits until it is gone. What it holds stays. */
export async function stopCloud(
  cloud: RunningCloud,
  kill: (pid: number, signal: NodeJS.Signals | 0) => void,
): Promise<void> {
  kill(cloud.pid, 'SIGTERM');
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      kill(cloud.pid, 0);
    } catch (error) {
      if (systemCode(error) === 'ESRCH') return;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new UserError('local_cloud', `The embedded cloud (process ${cloud.pid}) does not end.`, {
    hint: `End it with: kill -9 ${cloud.pid}   Nothing it holds is lost by that.`,
  });
}

export async function deleteCloudFolder(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}
