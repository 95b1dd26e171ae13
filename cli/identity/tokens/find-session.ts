import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Deployment } from '../../settings/deployments.ts';
import { NewerFormatError } from '../../settings/records.ts';
import type { Target } from '../../settings/target.ts';
import { checkedUsername, loginCommand } from '../sign-in/username.ts';
import type { StoredSession } from './session.ts';
import {
  type FoundSession,
  fileOf,
  findSessions,
  type StoreContext,
  type UnreadableFile,
} from './token-store.ts';

/**
 * Returns the session of EDGE_UPLOAD_USERNAME, otherwise of the user who signed in last.
 * @param onNewer called with the error of a file of a newer version, which may be of a later sign-in, and the session that
 * is returned instead
 * @throws {UserError} if there is no such session, and a file cannot be read; without EDGE_UPLOAD_USERNAME also if a file
 * cannot be read for another reason than a newer version: the command must not run as another user
 */
export async function findStoredSession(
  context: Context,
  { url, deployment }: Target,
  onNewer?: (error: UserError, used: FoundSession) => void,
): Promise<FoundSession | undefined> {
  const given = context.env.EDGE_UPLOAD_USERNAME;
  const wanted = given ? checkedUsername(given, 'EDGE_UPLOAD_USERNAME') : undefined;
  const { sessions, unreadable } = await findSessions(context, url);
  const isWanted = ({ username, signedInAs }: StoredSession) =>
    wanted === undefined || username === wanted || signedInAs === wanted;
  const found = sessions.find(({ session }) => isWanted(session) && isFor(session, deployment));
  const { error } = unreadable.find((one) => !(one.error instanceof NewerFormatError)) ?? unreadable[0] ?? {};
  if (error === undefined) return found;
  if (wanted !== undefined) {
    if (found !== undefined) return found;
    throw unreadableOf(context, url, wanted, unreadable) ?? notReadable(url, wanted, error);
  }
  if (found === undefined) throw error;
  if (!(error instanceof NewerFormatError)) throw withOtherUser(error, found);
  onNewer?.(error, found);
  return found;
}

/** Returns the error of the user's own file. The file of a user of another issuer cannot be found by name. */
function unreadableOf(
  context: StoreContext,
  url: string,
  username: string,
  unreadable: readonly UnreadableFile[],
): UserError | undefined {
  const own = fileOf(context, url, username);
  return unreadable.find(({ file }) => file === own)?.error;
}

function notReadable(url: string, username: string, cause: UserError): UserError {
  const { host } = new URL(url);
  return new UserError('not_signed_in', `No readable sign-in of ${username} to ${host} was found.`, {
    hint: [
      'Sign in with:',
      loginCommand(url, '--username', username),
      `The sign-in of another user, or of another issuer, cannot be read: ${cause.message}`,
    ],
    cause,
  });
}

/** Adds to an error of an unreadable file how to use a sign-in that can be read. */
function withOtherUser(error: UserError, { session }: FoundSession): UserError {
  const { code, message, hintLines, library } = error;
  const { username } = session;
  const hint = [...hintLines, `Or use the sign-in of ${username}: set EDGE_UPLOAD_USERNAME=${username}`];
  return new UserError(code, message, { hint, library, cause: error });
}

/** Like {@link findStoredSession}; warns of a file of a newer version, and names the user whose sign-in is used. */
export async function findSessionOrWarn(context: Context, target: Target): Promise<FoundSession | undefined> {
  return findStoredSession(context, target, ({ message, hintLines }, { session }) => {
    const used = `The sign-in of ${session.username} is used.`;
    context.ui.event({ type: 'warning', text: [`${message} ${used}`, ...hintLines] });
  });
}

/**
 * Like {@link findStoredSession}, for a sign-in that is ended, which cannot be undone.
 * @throws {UserError} also for a file of a newer version, unless EDGE_UPLOAD_USERNAME names the user
 */
export async function findSessionToEnd(context: Context, target: Target): Promise<FoundSession | undefined> {
  return findStoredSession(context, target, (error, other) => {
    throw withOtherUser(error, other);
  });
}

/** Returns false for tokens of an earlier pool of the deployment. */
function isFor(session: StoredSession, deployment: Deployment | undefined): boolean {
  if (deployment === undefined || session.kind === 'oidc') return true;
  return deployment.userPoolId === session.userPoolId && deployment.clientId === session.clientId;
}
