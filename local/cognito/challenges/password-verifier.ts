import type { JsonObject } from '../../json.ts';
import { checkEarly } from '../auth/proceed.ts';
import {
  checkProof,
  checkSecretHash,
  needed,
  type Parameters,
  type SignInAttempt,
} from '../auth/sign-in-attempt.ts';
import { invalidParameter, notAuthorized, userNotFound, wrongCredentials } from '../errors.ts';
import { hidesUsers, sessionLifetime } from '../resources/client-properties.ts';
import { claimHolds, fakeVerifier, readPublicValue, serverValues } from '../srp.ts';
import type { UserRecord } from '../store/model.ts';
import type { Challenge } from './challenge.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const FORMAT = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) UTC (\d{4})$/;

/** Formats the time that a claim's signature covers: `EEE MMM d HH:mm:ss z yyyy`, the day without a leading zero. */
function formatTimestamp(date: Date): string {
  const time = date.toISOString().slice(11, 19);
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  return `${day} ${time} UTC ${date.getUTCFullYear()}`;
}

/** Parses the time of a claim; `undefined` for another format. */
function readTimestamp(text: string): Date | undefined {
  const [, month = '', day, hour, minute, second, year] = FORMAT.exec(text) ?? [];
  const monthNumber = MONTHS.indexOf(month);
  if (monthNumber < 0) return undefined;
  return new Date(
    Date.UTC(Number(year), monthNumber, Number(day), Number(hour), Number(minute), Number(second)),
  );
}

const PASSWORD_VERIFIER = 'PASSWORD_VERIFIER';

/** Maximum difference between the time of a claim and the clock. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Returns salt and `B` of USER_SRP_AUTH. The secret block is the session token. If the client hides users, an unknown
 * user gets a challenge that nobody can answer.
 */
export function requestPasswordProof(attempt: SignInAttempt, parameters: Parameters): JsonObject {
  const { pool, client } = attempt;
  const name = needed(parameters, 'USERNAME');
  const clientValue = readPublicValue(needed(parameters, 'SRP_A'));
  if (clientValue === undefined) throw invalidParameter('SRP_A is not a valid public value.');
  checkSecretHash(client, [name], parameters.SECRET_HASH);
  const user = pool.findUser(name);
  if (!user && !hidesUsers(client.settings)) throw userNotFound();
  if (user) checkEarly(attempt, user);
  const known = user?.credential ?? fakeVerifier(pool.record.pepper, name);
  const server = serverValues(known);
  const username = user?.username ?? name;
  const token = pool.sessions.open(
    {
      challenge: PASSWORD_VERIFIER,
      clientId: client.id,
      ...(user ? { sub: user.sub } : {}),
      data: {
        clientValue,
        secret: server.secret,
        publicValue: server.publicValue,
        salt: known.salt,
        username,
      },
    },
    sessionLifetime(client.settings),
  );
  return {
    ChallengeName: PASSWORD_VERIFIER,
    ChallengeParameters: {
      USERNAME: username,
      USER_ID_FOR_SRP: username,
      SALT: known.salt,
      SRP_B: server.publicValue,
      SECRET_BLOCK: token,
    },
  };
}

/** Returns the time as the signature covers it. Throws if it is malformed or far from the clock. */
function checkTimestamp(text: string, now: Date): string {
  const time = readTimestamp(text);
  if (!time) {
    throw invalidParameter('TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.');
  }
  if (Math.abs(now.getTime() - time.getTime()) > CLOCK_TOLERANCE_MS) {
    throw notAuthorized('TIMESTAMP is too far from the current time.');
  }
  return formatTimestamp(time);
}

/** Returns the user of a secret block. A password that was changed since invalidates the block. */
function claimedUser({ pool }: SignInAttempt, sub: string | undefined, salt: string | undefined): UserRecord {
  const user = sub === undefined ? undefined : pool.user(sub);
  if (!user || user.credential.salt !== salt) throw wrongCredentials();
  return user;
}

export const passwordVerifier: Challenge = {
  name: PASSWORD_VERIFIER,
  proves: 'password',
  sessionOf: (responses) => needed(responses, 'PASSWORD_CLAIM_SECRET_BLOCK'),
  judge(attempt, { responses, state, token }) {
    const { pool, client, now } = attempt;
    const name = needed(responses, 'USERNAME');
    const signature = needed(responses, 'PASSWORD_CLAIM_SIGNATURE');
    const timestamp = checkTimestamp(needed(responses, 'TIMESTAMP'), now);
    checkSecretHash(client, [name], responses.SECRET_HASH);
    pool.sessions.spend(token);
    const user = claimedUser(attempt, state.sub, state.data.salt);
    if (pool.findUser(name)?.sub !== user.sub) throw wrongCredentials();
    const { secret = '', publicValue = '', clientValue = '' } = state.data;
    checkProof(attempt, user, () =>
      claimHolds(
        {
          account: pool.account(user.username),
          verifier: user.credential,
          server: { secret, publicValue },
          clientValue,
        },
        { secretBlock: Buffer.from(token, 'base64'), timestamp, signature },
      ),
    );
    return user;
  },
};
