import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode } from '../errors.ts';
import { diskError, makePrivate, readIfThere, replaceFile } from '../settings/files.ts';
import { folders } from '../settings/folders.ts';
import { withLock } from '../settings/lock.ts';
import { isClientId, regionOf } from './edge-description.ts';

/** One user's tokens for one deployment, as kept on this computer. */
export interface StoredSession {
  /** The edge's address, `https://<host>[:port]`. */
  readonly url: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Cognito's name for the user. */
  readonly username: string;
  /** What was typed to sign in, such as an e-mail address. */
  readonly signedInAs: string;
  readonly signedInAt: Date;
  readonly accessToken: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly refreshToken: string;
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;
type Keeper = Place & Pick<Context, 'ui'>;

const VERSION = 1;
const SUFFIX = '.json';
const DAMAGED = '.damaged';

function folder(place: Place): string {
  return join(folders(place).state, 'tokens');
}

/** The host is for people who look; the digest tells addresses and users apart whatever is in their names. */
function prefixOf(url: string): string {
  const host = new URL(url).host.replace(/[^a-z0-9.-]/gi, '_');
  return `${host}.${createHash('sha256').update(url).digest('hex').slice(0, 12)}.`;
}

/** The file of one user's tokens for one edge. */
export function sessionFile(place: Place, url: string, username: string): string {
  const user = createHash('sha256').update(username).digest('hex').slice(0, 16);
  return join(folder(place), `${prefixOf(url)}${user}${SUFFIX}`);
}

function write(session: StoredSession): string {
  return `${JSON.stringify({ version: VERSION, ...session }, undefined, 2)}\n`;
}

function readDate(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** `undefined` for text that was cut short, changed by somebody, or written by another version. */
function parse(text: string, url: string): StoredSession | undefined {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = Object(JSON.parse(text));
  } catch {
    // The parser's message would quote the text, and so a token.
    return undefined;
  }
  const { userPoolId, clientId, username, signedInAs, accessToken, refreshToken } = fields;
  const signedInAt = readDate(fields.signedInAt);
  const issuedAt = readDate(fields.issuedAt);
  const expiresAt = readDate(fields.expiresAt);
  if (fields.version !== VERSION || fields.url !== url) return undefined;
  if (typeof userPoolId !== 'string' || regionOf(userPoolId) === undefined || !isClientId(clientId))
    return undefined;
  if (
    typeof username !== 'string' ||
    typeof signedInAs !== 'string' ||
    !isToken(accessToken) ||
    !isToken(refreshToken)
  )
    return undefined;
  if (signedInAt === undefined || issuedAt === undefined || expiresAt === undefined) return undefined;
  return {
    url,
    userPoolId,
    clientId,
    username,
    signedInAs,
    signedInAt,
    accessToken,
    issuedAt,
    expiresAt,
    refreshToken,
  };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** One file's session; `damaged` for a file that holds none. */
async function read(
  keeper: Keeper,
  file: string,
  url: string,
): Promise<StoredSession | 'damaged' | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  await closeToOthers(keeper, file);
  return parse(text, url) ?? 'damaged';
}

/**
 * One file's session, for a caller who has its lock. What is no session is moved aside with a warning, so that the user
 * signs in anew instead of being stuck.
 */
export async function readLocked(
  keeper: Keeper,
  file: string,
  url: string,
): Promise<StoredSession | undefined> {
  const session = await read(keeper, file, url);
  if (session !== 'damaged') return session;
  await moveAside(keeper, file);
  return undefined;
}

async function closeToOthers({ platform, ui }: Keeper, file: string): Promise<void> {
  if (platform === 'win32') return;
  const { mode } = await stat(file).catch((error: unknown) => {
    // Replaced or removed by another process just now; what that one wrote is private.
    if (systemCode(error) === 'ENOENT') return { mode: 0o600 };
    throw diskError(file, error);
  });
  if ((mode & 0o077) === 0) return;
  await makePrivate(file);
  ui.event({
    type: 'warning',
    text: `${file} could be read by others on this computer; it no longer can. If somebody may have: edge-upload logout`,
  });
}

async function moveAside({ ui }: Keeper, file: string): Promise<void> {
  const aside = `${file}${DAMAGED}`;
  try {
    await rename(file, aside);
  } catch (error) {
    throw diskError(file, error);
  }
  ui.event({
    type: 'warning',
    text: `The kept tokens were damaged; they are now in ${aside}, and are not used.`,
  });
}

/** Keeps a session in place of the user's earlier one for that edge. */
export async function keepSession(place: Place, session: StoredSession): Promise<string> {
  const file = sessionFile(place, session.url, session.username);
  await withLock(file, () => replaceFile(file, write(session)));
  return file;
}

/** Keeps a session whose lock the caller has. */
export async function replaceSession(file: string, session: StoredSession): Promise<void> {
  await replaceFile(file, write(session));
}

export interface FoundSession {
  readonly file: string;
  readonly session: StoredSession;
}

async function filesOf(place: Place, url: string): Promise<string[]> {
  const prefix = prefixOf(url);
  try {
    const names = await readdir(folder(place));
    return names.filter((name) => name.startsWith(prefix)).map((name) => join(folder(place), name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw diskError(folder(place), error);
  }
}

/** The sessions for one edge, the one signed in last first. */
export async function findSessions(keeper: Keeper, url: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const file of await filesOf(keeper, url)) {
    if (!file.endsWith(SUFFIX)) continue;
    let session = await read(keeper, file, url);
    // Looked at again under the lock: another process may just have mended it.
    if (session === 'damaged') session = await withLock(file, () => readLocked(keeper, file, url));
    if (session !== undefined) found.push({ file, session });
  }
  return found.sort((a, b) => b.session.signedInAt.getTime() - a.session.signedInAt.getTime());
}

/** Removes one user's tokens, once no refresh of them is under way. */
export async function forgetSession(file: string): Promise<void> {
  await withLock(file, async () => {
    await remove(file);
    await remove(`${file}${DAMAGED}`);
  });
}

/** Removes all tokens for an edge. */
export async function forgetTokens(place: Place, url: string): Promise<void> {
  const files = (await filesOf(place, url)).map((file) => file.replace(DAMAGED, ''));
  for (const file of new Set(files)) {
    if (file.endsWith(SUFFIX)) await forgetSession(file);
  }
}

async function remove(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (error) {
    throw diskError(file, error);
  }
}
