import { kill } from 'node:process';
import type { Context, Result } from '../context.ts';
import {
  cloudFolder,
  deleteCloudFolder,
  findCloud,
  type RunningCloud,
  startCloud,
  stopCloud,
} from '../local-cloud/process.ts';
import { followLocalCloud, forgetDeployment, listDeployments } from '../settings/deployments.ts';
import { withLock } from '../settings/lock.ts';

function described(cloud: RunningCloud, headline: string): Result {
  const { endpoint, caFile, dataDir, outboxDir, pid } = cloud;
  return {
    document: {
      running: true,
      endpoint,
      caFile,
      dataDir,
      outboxDir,
      pid,
      accessKeyId: 'local',
      secretAccessKey: 'local',
    },
    text: [
      headline,
      `  endpoint     ${endpoint}`,
      `  authority    ${caFile}`,
      `  data         ${dataDir}`,
      `  mail, SMS    ${outboxDir}`,
      `  process      ${pid}`,
      '',
      'For the AWS CLI and other tools:',
      `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1`,
      '  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local',
    ].join('\n'),
  };
}

/** The running cloud, started if need be. */
export async function ensureCloud(
  context: Context,
  port?: number,
): Promise<{ cloud: RunningCloud; started: boolean }> {
  const dataDir = cloudFolder(context);
  // Two commands that find no cloud must not start two on one folder.
  return withLock(dataDir, async () => {
    const running = await findCloud(dataDir);
    if (running !== undefined) return { cloud: running, started: false };
    const task = 'Starting the embedded cloud';
    context.ui.event({ type: 'task-started', task });
    const cloud = await startCloud(context, { dataDir, ...(port === undefined ? {} : { port }) });
    await followLocalCloud(context, { endpoint: cloud.endpoint, caFile: cloud.caFile });
    context.ui.event({ type: 'task-done', task, detail: cloud.endpoint });
    return { cloud, started: true };
  });
}

export async function start(context: Context, { port }: { readonly port?: number }): Promise<Result> {
  const { cloud, started } = await ensureCloud(context, port);
  return described(
    cloud,
    started ? 'The embedded cloud is running.' : 'The embedded cloud was running already.',
  );
}

export async function status(context: Context): Promise<Result> {
  const dataDir = cloudFolder(context);
  const cloud = await findCloud(dataDir);
  if (cloud !== undefined) return described(cloud, 'The embedded cloud is running.');
  return {
    document: { running: false, dataDir },
    text: `The embedded cloud is not running.\n  data         ${dataDir}\n\nStart it with: edge-upload local start`,
  };
}

export async function stop(context: Context): Promise<Result> {
  const dataDir = cloudFolder(context);
  const cloud = await findCloud(dataDir);
  if (cloud === undefined)
    return { document: { running: false, dataDir }, text: 'The embedded cloud is not running.' };
  await stopCloud(cloud, kill);
  return {
    document: { running: false, dataDir },
    text: 'The embedded cloud is stopped; what it holds stays. Start it again with: edge-upload local start',
  };
}

/** Stops the cloud and deletes all that it holds, and forgets the deployments that lived in it. */
export async function reset(context: Context, { yes = false }: { readonly yes?: boolean }): Promise<Result> {
  const dataDir = cloudFolder(context);
  if (!yes && !(await context.ui.confirm(`Delete everything in ${dataDir}?`, '--yes'))) {
    return { document: { reset: false, dataDir }, text: 'Nothing was deleted.' };
  }
  const cloud = await findCloud(dataDir);
  if (cloud !== undefined) await stopCloud(cloud, kill);
  await deleteCloudFolder(dataDir);
  for (const { name, local } of await listDeployments(context)) {
    if (local?.caFile.startsWith(dataDir)) await forgetDeployment(context, name);
  }
  return {
    document: { reset: true, running: false, dataDir },
    text: 'The embedded cloud is stopped and empty.',
  };
}
