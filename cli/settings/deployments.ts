import { dirname, join } from 'node:path';
import { omitUndefined } from '../../protocol/fields.ts';
import { isLoopback, isSecureOrigin } from '../../protocol/object-url.ts';
import { command, type UsedDeployment } from '../command-line.ts';
import type { Context } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import type { FolderContext } from './folders.ts';
import { readIfThere } from './own-files.ts';
import { type DocumentPart, documentIn, writtenByNewer } from './records.ts';

/** A deployment recorded on this computer. Contains no secrets. */
export interface Deployment {
  /** Stack name for its operator; host name of the edge if it is known only from `login <url>`. */
  readonly name: string;
  /** `https://<host>[:port]`, without a trailing slash. */
  readonly url: string;
  /** Region of the user pool; absent for a deployment without one. */
  readonly region?: string;
  readonly userPoolId?: string;
  /** App client of the user pool. */
  readonly clientId?: string;
  /** Issuers that were signed in at by OpenID Connect. `login` asks before it uses others. */
  readonly issuers?: readonly KnownIssuer[];
  /** Known to operators only. */
  readonly bucket?: string;
  /** The AWS account that it was deployed to; known to operators only. */
  readonly account?: string;
  /** Set if the deployment is in an embedded cloud. */
  readonly local?: LocalCloud;
}

/** Issuer that a user of this computer signed in at. */
export interface KnownIssuer {
  /** Name of the issuer at the edge. */
  readonly alias: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Audience that the user accepted in addition to the edge's own address. */
  readonly audience?: string;
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

const { read, change } = documentIn<DeploymentsFile>('deployments.json', {
  parse,
  empty: { version: 1, deployments: [] },
  remedy: 'sign in or deploy again',
});

function parse(root: DocumentPart, at: string): DeploymentsFile {
  const version = root.member('version');
  if (version.isAbove(1)) throw writtenByNewer(at);
  if (!version.is(1)) version.fail('is not one that this version of edge-upload reads');
  const deployments = root.member('deployments').list().map(parseDeployment);
  return { version: 1, ...root.optionalTexts('current'), deployments };
}

function parseDeployment(part: DocumentPart): Deployment {
  const local = part.optional('local');
  const issuers = part.optional('issuers')?.list().map(parseIssuer);
  return {
    name: part.member('name').text(),
    url: part.member('url').textThat(isEdgeUrl, 'is not the address of an edge'),
    ...part.optionalTexts('region', 'userPoolId', 'clientId', 'bucket', 'account'),
    ...omitUndefined({ issuers, local: local && parseLocalCloud(local) }),
  };
}

function parseIssuer(part: DocumentPart): KnownIssuer {
  return {
    alias: part.member('alias').text(),
    issuer: part.member('issuer').text(),
    clientId: part.member('clientId').text(),
    ...part.optionalTexts('audience'),
  };
}

/** Parses the addresses of an embedded cloud. */
export function parseLocalCloud(part: DocumentPart): LocalCloud {
  return {
    // Passwords and tokens of its user pool go there.
    endpoint: part.member('endpoint').textThat(isOnThisComputer, 'is not an http address of this computer'),
    caFile: part.member('caFile').text(),
  };
}

function isOnThisComputer(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && isLoopback(new URL(text).hostname);
}

/** Whether a text is the address of an edge as {@link Deployment.url} has it. */
export function isEdgeUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && isSecureOrigin(new URL(text));
}

/** The deployments recorded on this computer. */
export interface KnownDeployments {
  /**
   * The one used or chosen last. If it is forgotten, none is current, even if only one is left: a command must not change
   * another deployment than the user expects.
   */
  readonly current?: Deployment;
  readonly all: readonly Deployment[];
}

export async function knownDeployments(context: FolderContext): Promise<KnownDeployments> {
  const { current: name, deployments: all } = await read(context);
  return { all, ...omitUndefined({ current: all.find((known) => known.name === name) }) };
}

export async function listDeployments(context: FolderContext): Promise<readonly Deployment[]> {
  return (await read(context)).deployments;
}

/**
 * Records a deployment, replaces one with the same name or address, and makes it the current one. Issuers of earlier
 * sign-ins are kept if the address is the same.
 */
export async function rememberDeployment(context: FolderContext, deployment: Deployment): Promise<void> {
  await change(context, (now) => {
    const before = now.deployments.find(({ url }) => url === deployment.url);
    const issuers = deployment.issuers ?? before?.issuers;
    return {
      version: 1,
      current: deployment.name,
      deployments: [
        ...now.deployments.filter((known) => known.name !== deployment.name && known.url !== deployment.url),
        { ...deployment, ...omitUndefined({ issuers }) },
      ],
    };
  });
}

/** Makes a recorded deployment the current one. */
export async function useDeployment(context: FolderContext, name: string): Promise<void> {
  await change(context, (now) => ({ ...now, current: name }));
}

export async function forgetDeployment(context: FolderContext, name: string): Promise<void> {
  await change(context, ({ current, deployments }) => ({
    version: 1,
    ...(current !== undefined && current !== name ? { current } : {}),
    deployments: deployments.filter((known) => known.name !== name),
  }));
}

/** Stores a new port of an embedded cloud in its deployments, which have the same authority file. */
export async function followLocalCloud(context: FolderContext, cloud: LocalCloud): Promise<void> {
  const moved = ({ local }: Deployment) =>
    local?.caFile === cloud.caFile && local.endpoint !== cloud.endpoint;
  if (!(await listDeployments(context)).some(moved)) return;
  await change(context, (now) => ({
    ...now,
    deployments: now.deployments.map((known) => (moved(known) ? { ...known, local: cloud } : known)),
  }));
}

/** Returns the recorded deployment with this stack name; `undefined` if there is none. */
export async function findByName(context: FolderContext, name: string): Promise<Deployment | undefined> {
  return (await listDeployments(context)).find((known) => known.name === name);
}

export async function currentDeployment(context: FolderContext): Promise<Deployment | undefined> {
  return (await knownDeployments(context)).current;
}

/**
 * Sets the deployment that printed commands name.
 * @param known the list, if it was already read
 */
export async function useForHints(
  context: Context,
  deployment: UsedDeployment,
  known?: KnownDeployments,
): Promise<void> {
  context.inUse.set({ ...deployment, isOnly: await isOnly(context, deployment, known) });
}

async function isOnly(
  context: Context,
  { stackName, local = false }: UsedDeployment,
  known?: KnownDeployments,
): Promise<boolean> {
  const { env, options } = context;
  if (options.stackName !== undefined || env.EDGE_UPLOAD_URL || env.EDGE_UPLOAD_LINK) return false;
  try {
    const { current, all } = known ?? (await knownDeployments(context));
    return all.length === 1 && current?.name === stackName && (current?.local !== undefined) === local;
  } catch (error) {
    // Without the list, a name does no harm.
    if (!isUserError(error)) throw error;
    return false;
  }
}

/** The access key of an embedded cloud, which the cloud creates at its first start. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads the access key of the embedded cloud in a folder. It is sent only to that cloud's endpoint.
 * @throws {UserError} `local_cloud` if there is none
 */
export async function readAccessKey(dataDir: string): Promise<AccessKey> {
  const path = join(dataDir, 'keys.json');
  const text = await readIfThere(path);
  try {
    const { accessKeyId, secretAccessKey } = (JSON.parse(text ?? 'null') ?? {}) as Partial<AccessKey>;
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
      return { accessKeyId, secretAccessKey };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError('local_cloud', `The embedded cloud has no access key in ${path}.`, {
    hint: ['Start it again:', command`edge-upload local stop && edge-upload local start`],
  });
}

/** Returns the folder of the embedded cloud whose authority is in `caFile`. */
export function folderOf({ caFile }: { readonly caFile: string }): string {
  return dirname(dirname(caFile));
}
