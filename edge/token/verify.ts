import type { Claims } from '../../protocol/claims.ts';
import { algorithmsOf } from '../../protocol/signing-key.ts';
import type { EdgeConfig, EdgeIssuer } from '../config.ts';
import { adviceOnOpaque } from './advice.ts';
import { invalidToken } from './authorization.ts';
import { chooseIssuer } from './choose-issuer.ts';
import { type Caller, checkTimes, readCaller } from './claims.ts';
import { decompose } from './decompose.ts';
import { createKeySet, fixedKeySet, type KeySet, type KeySources } from './key-set.ts';
import { readOwnCaller, splitToken } from './own-token.ts';
import { isAlgorithm, isSigned } from './signature.ts';
import { type Verified, VerifiedTokens } from './verified-tokens.ts';

/**
 * Returns the caller of a token.
 * @param domainName The distribution's domain name.
 * @throws {Refusal} 401, or `keys_unavailable`
 */
export type Verify = (token: string, domainName?: string) => Promise<Caller>;

/**
 * Matches text that can be a provider's opaque or encrypted token. A signed JWT has three parts, an encrypted one five.
 */
const OPAQUE = /^[\w.~+/-]{20,}={0,2}$/;

/**
 * Returns the algorithm and key id of a token.
 * @throws {Refusal} `unsupported_algorithm`, `unsupported_crit` or `invalid_token`
 */
function readHeader({ alg, kid, crit }: Claims): { readonly alg: string; readonly kid: string } {
  if (!isAlgorithm(alg))
    throw invalidToken('The algorithm of the token is not allowed.', 'unsupported_algorithm');
  // RFC 7515, section 4.1.11: the recipient must understand each listed extension. The edge supports none.
  if (crit !== undefined)
    throw invalidToken('A crit header in a token is not supported.', 'unsupported_crit');
  if (typeof kid !== 'string') throw invalidToken('The token does not name its key.');
  return { alg, kid };
}

/**
 * Creates the verifier of tokens. With baked keys it needs no network. The signature is checked last, so that no key is
 * fetched for a token whose claims are refused.
 */
export function createVerify(
  { issuers, origins, bakedAt, revoked = new Set() }: EdgeConfig,
  sources: KeySources = {},
): Verify {
  const { now = Date.now } = sources;
  const keySetOf = (issuer: EdgeIssuer) =>
    issuer.kind === 'edge' ? fixedKeySet(issuer.keys) : createKeySet(issuer, bakedAt, sources);
  const keySets = new Map(issuers.map((issuer) => [issuer, keySetOf(issuer)]));
  const verified = new VerifiedTokens();

  async function judge(token: string, domainName: string | undefined): Promise<Verified> {
    const { text, kind } = splitToken(token);
    const jwt = decompose(text);
    if (jwt === undefined) {
      const isOpaque = OPAQUE.test(token) && token.split('.').length !== 3;
      if (!isOpaque) throw invalidToken('The token is not a well-formed JWT.');
      const advice = adviceOnOpaque(issuers);
      throw invalidToken(`The token is opaque or encrypted, not a signed JWT.${advice}`, 'opaque_token');
    }
    const audiences = domainName === undefined ? origins : [`https://${domainName}`, ...origins];
    const issuer = chooseIssuer(jwt, issuers, audiences);
    if ((kind === undefined) === (issuer.kind === 'edge')) {
      throw invalidToken(
        'Links begin with eul_, keys with euk_, and other tokens do not.',
        'wrong_token_kind',
      );
    }
    const { alg, kid } = readHeader(jwt.header);
    const seconds = now() / 1000;
    const caller =
      kind === undefined
        ? readCaller(jwt, issuer, audiences, seconds)
        : readOwnCaller(jwt.payload, kind, { issuer, audiences, revoked, now: seconds });
    const keySet = keySets.get(issuer) as KeySet;
    const key = await keySet.find(kid, alg);
    if (key === undefined) throw invalidToken('The token is not signed by a key of its issuer.');
    if (!algorithmsOf(key).includes(alg)) {
      throw invalidToken('The algorithm of the token does not match its key.', 'unsupported_algorithm');
    }
    if (!isSigned(jwt, alg, key)) throw invalidToken('The signature of the token is not valid.');
    return { caller, key, keySet, domainName };
  }

  return async (token, domainName) => {
    const seen = verified.get(token);
    if (seen !== undefined && seen.domainName === domainName && (await seen.keySet.has(seen.key))) {
      checkTimes(seen.caller.claims, seen.caller.issuer, now() / 1000);
      return seen.caller;
    }
    const judged = await judge(token, domainName);
    verified.add(token, judged);
    return judged.caller;
  };
}
