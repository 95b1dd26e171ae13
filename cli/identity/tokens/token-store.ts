import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readFields } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import { diskError } from '../../settings/disk-errors.ts';
import { findFolder, tokenFolder } from '../../settings/folders.ts';
import { withLock } from '../../settings/lock.ts';
import { namesIn, readPrivate, replaceFile } from '../../settings/own-files.ts';
import { writtenByNewer } from '../../settings/records.ts';
import { loginCommand } from '../sign-in/username.ts';
import { ensureKey, findKey, seal, type TokenKey, unseal } from './seal.ts';
import { readSession, type StoredSession } from './session.ts';

export type StoreContext = Pick<Context, 'env' | 'platform' | 'home' | 'keyring'>;
type ReadContext = StoreContext & Pick<Context, 'ui'>;

/** Format of a file: plain, or sealed with the key in the keyring. */
const PLAIN = 1;
const SEALED = 2;
export const TOKEN_FILE_SUFFIX = '.json';
export const DAMAGED = '.damaged';

/** Returns the prefix of file names. The host makes them readable; the digest makes them unique. */
function prefixOf(url: string): string {
  const host = new URL(url).host.replace(/[^a-z0-9.-]/gi, '_');
  return `${host}.${createHash('sha256').update(url).digest('hex').slice(0, 12)}.`;
}

/** Returns the path of one user's tokens for one edge. Users of two issuers can have the same name. */
function sessionFile(context: StoreContext, session: StoredSession): string {
  const who = session.kind === 'pool' ? session.username : `${session.issuer} ${session.subject}`;
  return fileOf(context, session.url, who);
}

/**
 * Returns the path of one user's tokens for one edge.
 * @param who name of a user of the pool, or issuer and subject
 */
export function fileOf(context: StoreContext, url: string, who: string): string {
  const user = createHash('sha256').update(who).digest('hex').slice(0, 16);
  return join(tokenFolder(context), `${prefixOf(url)}${user}${TOKEN_FILE_SUFFIX}`);
}

/** A session and how it is stored. */
export interface FoundSession {
  readonly file: string;
  readonly session: StoredSession;
  /** Key that seals it; absent if only the file mode protects it. */
  readonly key?: Buffer;
  /** Others can read the file, because its file system does not keep permissions. */
  readonly isOpen: boolean;
}

function write(file: string, session: StoredSession, key: Buffer | undefined): string {
  const document =
    key === undefined
      ? { version: PLAIN, ...session }
      : { version: SEALED, url: session.url, sealed: seal(key, JSON.stringify(session), basename(file)) };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

type KeySource = () => Promise<TokenKey>;

/** Returns a file's session; `damaged` if it is truncated or changed. */
async function parse(
  keyOf: KeySource,
  file: string,
  url: string,
  { text, isOpen }: { readonly text: string; readonly isOpen: boolean },
): Promise<FoundSession | 'damaged'> {
  const fields = readFields(text) ?? {};
  if (fields.version === PLAIN) {
    const session = readSession(fields, url);
    return session === undefined ? 'damaged' : { file, session, isOpen };
  }
  if (typeof fields.version === 'number' && fields.version > SEALED) {
    throw writtenByNewer(file, 'Or sign in again, which replaces it:', loginCommand(url));
  }
  if (fields.version !== SEALED || typeof fields.sealed !== 'string') return 'damaged';
  const found = await keyOf();
  if (found.kind === 'unavailable') throw locked(url, found.reason);
  if (found.kind === 'none') return 'damaged';
  const opened = unseal(found.key, fields.sealed, basename(file));
  const session = opened === undefined ? undefined : readSession(readFields(opened) ?? {}, url);
  return session === undefined ? 'damaged' : { file, session, key: found.key, isOpen };
}

function locked(url: string, reason: string): UserError {
  return new UserError(
    'not_signed_in',
    `The tokens for ${new URL(url).host} are encrypted, and their key in the system's keyring is unavailable: ${reason}.`,
    { hint: ['Unlock the keyring, or sign in again:', loginCommand(url)] },
  );
}

async function read(
  context: ReadContext,
  file: string,
  url: string,
  keyOf: KeySource = () => findKey(context),
): Promise<FoundSession | 'damaged' | undefined> {
  const found = await readPrivate(file);
  if (found === undefined) return undefined;
  if (found.wasOpen && !found.isOpen) {
    context.ui.event({
      type: 'warning',
      text: [
        `${file} was readable by others on this computer until now. If somebody read it, revoke the tokens:`,
        command`edge-upload logout`,
      ],
    });
  }
  const parsed = await parse(keyOf, file, url, found);
  if (parsed !== 'damaged') warnIfOpen(context, parsed);
  return parsed;
}

/** The outputs of commands that were warned. A command reads its tokens again at each renewal. */
const warned = new WeakSet<object>();

/** Warns once of tokens that others can read. Sealed ones, they cannot. */
function warnIfOpen({ ui }: ReadContext, { file, key, isOpen }: FoundSession): void {
  if (!isOpen || key !== undefined || warned.has(ui)) return;
  warned.add(ui);
  ui.event({
    type: 'warning',
    text: `${file} is readable by others on this computer: its file system does not keep permissions. Set XDG_STATE_HOME to a folder on another one, and sign in again.`,
  });
}

/**
 * Returns a file's session; the caller holds its lock. Moves a damaged file aside with a warning, so that the user can
 * sign in again.
 */
export async function readLocked(
  context: ReadContext,
  file: string,
  url: string,
): Promise<FoundSession | undefined> {
  const found = await read(context, file, url);
  if (found !== 'damaged') return found;
  await moveAside(context, file);
  return undefined;
}

async function moveAside({ ui }: ReadContext, file: string): Promise<void> {
  const aside = `${file}${DAMAGED}`;
  try {
    await rename(file, aside);
  } catch (error) {
    throw diskError(file, error);
  }
  ui.event({
    type: 'warning',
    text: `The stored tokens were damaged. They were moved to ${aside} and are not used.`,
  });
}

/** Stores a session and replaces the user's earlier one for that edge. A keyring, if any, provides the key to seal it. */
export async function storeSession(context: StoreContext, session: StoredSession): Promise<FoundSession> {
  const file = sessionFile(context, session);
  const found = await ensureKey(context, tokenFolder(context));
  const key = found.kind === 'key' ? found.key : undefined;
  const isOpen = await withLock(file, async () => {
    await replaceFile(file, write(file, session, key));
    return (await readPrivate(file))?.isOpen === true;
  });
  return { file, session, isOpen, ...(key && { key }) };
}

/** Replaces a found session with the same protection; the caller holds its lock. */
export async function replaceSession({ file, key }: FoundSession, session: StoredSession): Promise<void> {
  await replaceFile(file, write(file, session, key));
}

/** Returns the files of all users of one edge, and those of the sign-ins that were moved aside. */
export async function filesOf(context: StoreContext, url: string): Promise<string[]> {
  // Without a state folder, no tokens are stored.
  if (findFolder(context, 'state') === undefined) return [];
  const prefix = prefixOf(url);
  const names = await namesIn(tokenFolder(context));
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(tokenFolder(context), name));
}

/** The stored sessions for one edge. */
interface FoundSessions {
  /** Latest sign-in first. */
  readonly sessions: readonly FoundSession[];
  readonly unreadable: readonly UnreadableFile[];
}

/** File that cannot be read: of a newer version, sealed with an unavailable key, locked, or of another user. */
export interface UnreadableFile {
  readonly file: string;
  readonly error: UserError;
}

/** Returns the session of one file; `undefined` if it was deleted, or was damaged and is moved aside. */
export async function readStoredFile(
  context: ReadContext,
  file: string,
  url: string,
  keyOf?: KeySource,
): Promise<FoundSession | undefined> {
  const found = await read(context, file, url, keyOf);
  // Read again under the lock: another process may have replaced the file.
  return found === 'damaged' ? withLock(file, () => readLocked(context, file, url)) : found;
}

/** Returns the sessions for one edge. A file that cannot be read stays as it is, and does not hide the others. */
export async function findSessions(context: ReadContext, url: string): Promise<FoundSessions> {
  const sessions: FoundSession[] = [];
  const unreadable: UnreadableFile[] = [];
  // The keyring is asked once for all files.
  let key: Promise<TokenKey> | undefined;
  const keyOf = () => {
    key ??= findKey(context);
    return key;
  };
  for (const file of await filesOf(context, url)) {
    if (!file.endsWith(TOKEN_FILE_SUFFIX)) continue;
    try {
      const found = await readStoredFile(context, file, url, keyOf);
      if (found !== undefined) sessions.push(found);
    } catch (error) {
      if (!isUserError(error) || error.code === 'interrupted') throw error;
      unreadable.push({ file, error });
    }
  }
  sessions.sort((a, b) => b.session.signedInAt.getTime() - a.session.signedInAt.getTime());
  return { sessions, unreadable };
}

export function notSignedIn(url: string): UserError {
  return new UserError('not_signed_in', `Nobody is signed in to ${new URL(url).host}.`, {
    hint: ['Sign in with:', loginCommand(url)],
  });
}
