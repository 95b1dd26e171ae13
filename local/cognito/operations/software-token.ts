import type { JsonObject } from '../../json.ts';
import { required, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { bearerOf } from '../auth/tokens.ts';
import { MFA_SETUP, newSecret, SOFTWARE_TOKEN_MFA, takeCode } from '../challenges/software-token.ts';
import { invalidParameter, invalidSession } from '../errors.ts';
import { poolFactors } from '../factors.ts';
import { session, token } from '../fields.ts';
import { type Context, open } from '../operation.ts';
import { sessionLifetime } from '../resources/client-properties.ts';
import type { SoftwareToken, UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';

interface Holder {
  readonly AccessToken: string | undefined;
  readonly Session: string | undefined;
}

interface Found {
  readonly pool: UserPool;
  readonly user: UserRecord;
  /** Uses up the caller's session and opens the next. Returns nothing for a caller with an access token. */
  readonly next: (data: Record<string, string>) => JsonObject;
}

/** Finds the user by the session of MFA_SETUP or by an access token. */
function find({ pools, now }: Context, { AccessToken, Session }: Holder): Found {
  if (AccessToken !== undefined) return { ...bearerOf(pools, AccessToken, now()), next: () => ({}) };
  if (Session === undefined) throw invalidParameter('Either AccessToken or Session must be present.');
  for (const pool of pools.all()) {
    const clientId = pool.sessions.clientOf(Session);
    const client = clientId === undefined ? undefined : pool.clients.get(clientId);
    if (!client) continue;
    const state = pool.sessions.peek(Session, { challenge: MFA_SETUP, clientId: client.id });
    const user = state.sub === undefined ? undefined : pool.user(state.sub);
    if (!user) break;
    const next = (data: Record<string, string>) => {
      pool.sessions.spend(Session);
      return { Session: pool.sessions.open({ ...state, data }, sessionLifetime(client.settings)) };
    };
    return { pool, user, next };
  }
  throw invalidSession();
}

const holder = { AccessToken: token, Session: session };

function takeFirstCode(pending: SoftwareToken, code: string, now: Date): SoftwareToken {
  try {
    return takeCode(pending, code, now);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'CodeMismatchException') throw error;
    throw new AwsError('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA');
  }
}

export const softwareToken = {
  /** Returns a new secret for an authenticator app. The current one remains valid until the new one is verified. */
  AssociateSoftwareToken: open(holder, (context, input) => {
    const { pool, user, next } = find(context, input);
    if (!poolFactors(pool).includes(SOFTWARE_TOKEN_MFA)) {
      throw new AwsError(
        'SoftwareTokenMFANotFoundException',
        'Software Token MFA has not been enabled by the userPool',
      );
    }
    const secret = newSecret();
    pool.putUser({ ...user, pendingSoftwareToken: secret });
    return { SecretCode: secret, ...next({}) };
  }),
  VerifySoftwareToken: open(
    {
      ...holder,
      UserCode: required(text({ min: 6, max: 6, pattern: /[0-9]+/ })),
      FriendlyDeviceName: text(),
    },
    (context, input) => {
      const { pool, user, next } = find(context, input);
      const { pendingSoftwareToken: secret, ...rest } = user;
      if (secret === undefined) throw invalidParameter('No software token is associated with the user.');
      const { enabled = false } = user.softwareToken ?? {};
      const pending = { secret, verified: true, enabled, usedStep: 0 };
      pool.putUser({ ...rest, softwareToken: takeFirstCode(pending, input.UserCode, context.now()) });
      return { Status: 'SUCCESS', ...next({ verified: 'true' }) };
    },
  ),
};
