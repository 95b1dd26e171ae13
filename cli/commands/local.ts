import type { Dirent } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command, evaluated } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { cloudEnvironment, type Shell, shellCommands } from '../local-cloud/environment.ts';
import { cloudFolder, findCloud, type RunningCloud, readIsolation } from '../local-cloud/find.ts';
import { ensureCloud, type StartOptions, stopCloud } from '../local-cloud/process.ts';
import {
  type AccessKey,
  folderOf,
  forgetDeployment,
  listDeployments,
  readAccessKey,
} from '../settings/deployments.ts';
import { diskError } from '../settings/disk-errors.ts';
import { withLock } from '../settings/lock.ts';
import { visible } from '../ui/shown.ts';
import { fields } from '../ui/table-lines.ts';

/** Returns a key that the cloud accepts; under `--well-known-keys` a public one. */
function signingKey({ wellKnownKeys, dataDir }: RunningCloud): Promise<AccessKey> | AccessKey {
  return wellKnownKeys ? { accessKeyId: 'test', secretAccessKey: 'test' } : readAccessKey(dataDir);
}

/** Only the JSON document contains the secret key, because screens are shared and logged. */
async function described(cloud: RunningCloud, headline: string, isolation?: string): Promise<Result> {
  const { endpoint, caFile, dataDir, outboxDir, pid, wellKnownKeys } = cloud;
  const { accessKeyId, secretAccessKey } = await signingKey(cloud);
  return {
    document: {
      running: true,
      endpoint,
      caFile,
      dataDir,
      outboxDir,
      pid,
      accessKeyId,
      secretAccessKey,
      wellKnownKeys,
      ...(isolation !== undefined && { isolation }),
    },
    text: [
      { mark: 'done', text: headline },
      ...fields([
        ['  endpoint', endpoint],
        ['  authority', caFile],
        ['  data', dataDir],
        ['  mail, SMS', outboxDir],
        ['  process', String(pid)],
        ['  functions', isolation],
        ['  access key', wellKnownKeys ? 'any whose secret is the same word, such as test' : accessKeyId],
      ]),
      '',
      'To use it from the AWS CLI and other tools in this shell:',
      evaluated(command`edge-upload local env`),
    ],
  };
}

const WELL_KNOWN =
  'This embedded cloud accepts every access key whose secret is the same word, such as test/test. All programs and users of this computer can read, change and delete its data. Use it for tests only.';

export async function start(context: Context, args: Omit<StartOptions, 'dataDir'>): Promise<Result> {
  const { cloud, started } = await ensureCloud(context, args);
  const port = Number(new URL(cloud.endpoint).port || 80);
  const isOnOther = !started && args.port !== undefined && args.port !== 0 && args.port !== port;
  const lacksKeys = args.wellKnownKeys === true && !cloud.wellKnownKeys;
  if (lacksKeys || isOnOther) {
    const how = lacksKeys ? 'without --well-known-keys' : `on port ${port}`;
    throw new UserError('local_cloud', `The embedded cloud is already running, ${how}.`, {
      hint: ['Stop it first:', command`edge-upload local stop`],
    });
  }
  if (cloud.wellKnownKeys) context.ui.event({ type: 'warning', text: WELL_KNOWN });
  // A new cloud has not determined yet how it can isolate functions.
  if (started) return described(cloud, 'The embedded cloud is running.');
  return described(
    cloud,
    'The embedded cloud is already running.',
    await readIsolation(cloud, context.signal),
  );
}

export async function status(context: Context): Promise<Result> {
  const dataDir = cloudFolder(context);
  const cloud = await findCloud(dataDir, context);
  if (cloud !== undefined) {
    return described(cloud, 'The embedded cloud is running.', await readIsolation(cloud, context.signal));
  }
  return {
    document: { running: false, dataDir },
    text: [
      'The embedded cloud is not running.',
      ...fields([['  data', dataDir]]),
      '',
      'Start it:',
      command`edge-upload local start`,
    ],
  };
}

/** Prints the commands that make AWS tools in a shell use the running cloud. */
export async function env(context: Context, { shell }: { readonly shell?: Shell }): Promise<Result> {
  const cloud = await findCloud(cloudFolder(context), context);
  if (cloud === undefined) {
    throw new UserError('local_cloud', 'The embedded cloud is not running.', {
      hint: ['Start it:', command`edge-upload local start`],
    });
  }
  const environment = cloudEnvironment(context.env, cloud, await signingKey(cloud));
  const text = shellCommands(environment, shell ?? (context.platform === 'win32' ? 'powershell' : 'sh'));
  const unprintable = Object.entries(environment.set).find(([, value]) => visible(value) !== value);
  if (unprintable !== undefined && !context.options.json) {
    throw new UserError(
      'local_cloud',
      `${unprintable[0]} contains characters that a terminal does not show.`,
      {
        hint: ['Read it as JSON:', command`edge-upload local env --json`],
      },
    );
  }
  return { document: { set: { ...environment.set }, unset: [...environment.unset] }, text };
}

export async function stop(context: Context): Promise<Result> {
  const dataDir = cloudFolder(context);
  // The lock keeps other commands from starting a cloud on the folder before this one has ended.
  const stopped = await withLock(
    dataDir,
    async () => {
      const cloud = await findCloud(dataDir, context);
      if (cloud !== undefined) await stopCloud(cloud);
      return cloud !== undefined;
    },
    { signal: context.signal, orWithout: true },
  );
  if (!stopped) return { document: { running: false, dataDir }, text: 'The embedded cloud is not running.' };
  return {
    document: { running: false, dataDir },
    text: [
      { mark: 'done', text: 'The embedded cloud is stopped. Its data is kept.' },
      'Start it again:',
      command`edge-upload local start`,
    ],
  };
}

/** Stops the cloud, and deletes its data and the records of its deployments. */
export async function reset(context: Context, { yes = false }: { readonly yes?: boolean }): Promise<Result> {
  const dataDir = cloudFolder(context);
  if (!yes && !(await context.ui.confirm(`Delete everything in ${dataDir}?`, '--yes'))) {
    return { document: { reset: false, dataDir }, text: 'Nothing is deleted.' };
  }
  // The lock keeps other commands from starting the cloud on a folder that is being emptied.
  await withLock(dataDir, async () => {
    const cloud = await findCloud(dataDir, context);
    if (cloud !== undefined) await stopCloud(cloud);
    await emptyCloudFolder(dataDir);
  });
  for (const { name, local } of await listDeployments(context)) {
    if (local !== undefined && folderOf(local) === dataDir) await forgetDeployment(context, name);
  }
  return {
    document: { reset: true, running: false, dataDir },
    text: { mark: 'done', text: 'The embedded cloud is stopped and its data deleted.' },
  };
}

/** Deletes everything in the cloud's folder except its port. The folder can be a link to another disk. */
async function emptyCloudFolder(dataDir: string): Promise<void> {
  for (const entry of await listIfThere(dataDir)) {
    const keeps = entry.name === 'port.json' && entry.isFile();
    if (!keeps) await rm(join(dataDir, entry.name), { recursive: true, force: true });
  }
}

async function listIfThere(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw diskError(folder, error);
  }
}
