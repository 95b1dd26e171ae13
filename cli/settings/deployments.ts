import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readIfThere, replaceFile } from './files.ts';
import { folders } from './folders.ts';
import { withLock } from './lock.ts';

/** What this computer knows of one deployment. No secret is in it. */
export interface Deployment {
  /** The stack's name for its operator; the edge's host name where only `login <url>` made it known. */
  readonly name: string;
  /** `https://<host>[:port]`, without a trailing slash. */
  readonly url: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Known to operators only. */
  readonly bucket?: string;
  /** Set where the deployment lives in an embedded cloud. */
  readonly local?: LocalCloud;
}

/** How to reach an embedded cloud. */
export interface LocalCloud {
  /** `http://127.0.0.1:<port>`: its CloudFormation, Cognito, S3, Lambda and STS. */
  readonly endpoint: string;
  /** PEM file of the authority that signed its edges' certificates. */
  readonly caFile: string;
}

interface DeploymentsFile {
  readonly version: 1;
  readonly current?: string;
  readonly deployments: readonly Deployment[];
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

const EMPTY: DeploymentsFile = { version: 1, deployments: [] };

function file(place: Place): string {
  return join(folders(place).config, 'deployments.json');
}

async function read(place: Place): Promise<DeploymentsFile> {
  const path = file(place);
  const text = await readIfThere(path);
  if (text === undefined) return EMPTY;
  try {
    const parsed = JSON.parse(text) as DeploymentsFile;
    if (parsed.version === 1 && Array.isArray(parsed.deployments)) return parsed;
  } catch (error) {
    throw new UserError('settings', `${path} is not valid JSON.`, {
      hint: `Mend or remove ${path}.`,
      cause: error,
    });
  }
  throw new UserError('settings', `${path} was not written by this version of edge-upload.`, {
    hint: `Remove ${path}, then sign in or deploy again.`,
  });
}

async function change(place: Place, edit: (now: DeploymentsFile) => DeploymentsFile): Promise<void> {
  await withLock(file(place), async () => {
    await replaceFile(file(place), `${JSON.stringify(edit(await read(place)), undefined, 2)}\n`);
  });
}

export async function listDeployments(place: Place): Promise<readonly Deployment[]> {
  return (await read(place)).deployments;
}

/** Keeps a deployment, in the place of one with the same name or address, and makes it the current one. */
export async function rememberDeployment(place: Place, deployment: Deployment): Promise<void> {
  await change(place, (now) => ({
    version: 1,
    current: deployment.name,
    deployments: [
      ...now.deployments.filter((known) => known.name !== deployment.name && known.url !== deployment.url),
      deployment,
    ],
  }));
}

/** Makes a known deployment the one that commands use where none is named. */
export async function useDeployment(place: Place, name: string): Promise<void> {
  await change(place, (now) => ({ ...now, current: name }));
}

export async function forgetDeployment(place: Place, name: string): Promise<void> {
  await change(place, ({ current, deployments }) => ({
    version: 1,
    ...(current !== undefined && current !== name ? { current } : {}),
    deployments: deployments.filter((known) => known.name !== name),
  }));
}

/** Follows an embedded cloud to another port: the authority's file tells which deployments live in it. */
export async function followLocalCloud(place: Place, cloud: LocalCloud): Promise<void> {
  const moved = ({ local }: Deployment) =>
    local?.caFile === cloud.caFile && local.endpoint !== cloud.endpoint;
  if (!(await listDeployments(place)).some(moved)) return;
  await change(place, (now) => ({
    ...now,
    deployments: now.deployments.map((known) => (moved(known) ? { ...known, local: cloud } : known)),
  }));
}

/** The deployment with this stack name, if this computer knows one. */
export async function findByName(place: Place, name: string): Promise<Deployment | undefined> {
  return (await listDeployments(place)).find((known) => known.name === name);
}

export async function findByUrl(place: Place, url: string): Promise<Deployment | undefined> {
  return (await listDeployments(place)).find((known) => known.url === url);
}

/** The deployment used last, or the only one there is. */
export async function currentDeployment(place: Place): Promise<Deployment | undefined> {
  const { current, deployments } = await read(place);
  return (
    deployments.find((known) => known.name === current) ??
    (deployments.length === 1 ? deployments[0] : undefined)
  );
}
