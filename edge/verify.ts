import { CognitoJwtVerifier } from 'aws-jwt-verify/cognito-verifier';
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidTokenUseError,
  FetchError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtExpiredError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureAlgorithmError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  KidNotFoundInJwksError,
  ParameterValidationError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import type { EdgeConfig } from './config.ts';
import { invalidToken } from './credentials.ts';
import { BACK_OFF_SECONDS, createKeySet } from './key-set.ts';
import { Refusal } from './refusal.ts';

/** Whom a valid access token stands for. */
export interface Caller {
  readonly username: string;
  /** The user's immutable id, a UUID. */
  readonly sub: string;
  readonly groups: readonly string[];
  readonly tokenExpiresAt: Date;
}

/** @throws {Refusal} `invalid_token`, `token_expired` or `keys_unavailable` */
export type Verify = (token: string) => Promise<Caller>;

/** The keys could not be had; the token may be good. */
const PASSING = [FetchError, JwksValidationError, JwkValidationError];

/** The first that fits names the reason. The library's own messages quote the token, these do not. */
const REASONS = [
  [JwtNotBeforeError, 'The token is not valid yet.'],
  [JwtInvalidIssuerError, 'The token is not of this user pool.'],
  // The library's answer to an issuer that it was not set up for.
  [ParameterValidationError, 'The token is not of this user pool.'],
  [KidNotFoundInJwksError, 'The token is not signed by a key of this user pool.'],
  // The pool's keys were downloaded seconds ago, and this one was not among them.
  [WaitPeriodNotYetEndedJwkError, 'The token is not signed by a key of this user pool.'],
  [CognitoJwtInvalidTokenUseError, 'The token is not an access token.'],
  [CognitoJwtInvalidClientIdError, 'The token is not of this app client.'],
  [JwtInvalidSignatureAlgorithmError, 'The token is not signed with the algorithm of the user pool.'],
  [JwtInvalidSignatureError, 'The signature of the token does not fit.'],
] as const;

const MALFORMED = 'The token is not a well-formed JWT.';

function refusalOf(error: unknown): unknown {
  if (error instanceof JwtExpiredError) return invalidToken('The token has expired.', 'token_expired');
  if (PASSING.some((kind) => error instanceof kind)) {
    return new Refusal('keys_unavailable', 'The keys to verify the token with cannot be had right now.', {
      'retry-after': String(BACK_OFF_SECONDS),
    });
  }
  const reason = REASONS.find(([kind]) => error instanceof kind)?.[1];
  return error instanceof JwtBaseError ? invalidToken(reason ?? MALFORMED) : error;
}

/** RFC 7515 allows one spelling only; a lenient decoder would take bits that no signature covers. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

/** Cognito's access tokens always have these; one without an end would be valid for ever. */
function callerOf(claims: Readonly<Record<string, unknown>>): Caller {
  const { username, sub, exp, 'cognito:groups': groups = [] } = claims;
  const sound =
    typeof username === 'string' &&
    username !== '' &&
    typeof sub === 'string' &&
    sub !== '' &&
    typeof exp === 'number' &&
    Array.isArray(groups) &&
    groups.every((group) => typeof group === 'string');
  if (!sound) throw invalidToken('The token lacks claims that an access token has.');
  return { username, sub, groups, tokenExpiresAt: new Date(exp * 1000) };
}

/**
 * Verifies access tokens of one pool and client, offline for the keys that are baked in.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function createVerify(config: EdgeConfig, keys = createKeySet(config.jwks)): Verify {
  const { userPoolId, clientId, jwks } = config;
  const verifier = CognitoJwtVerifier.create(
    { userPoolId, clientId, tokenUse: 'access' },
    { jwksCache: keys },
  );
  verifier.cacheJwks({ keys: jwks.keys.map((key) => ({ ...key })) });
  return async (token) => {
    if (!isCanonical(token)) throw invalidToken(MALFORMED);
    try {
      return callerOf(await verifier.verify(token));
    } catch (error) {
      throw refusalOf(error);
    }
  };
}
