import type { EdgeIssuer } from '../config.ts';
import { adviceOnIssuer } from './advice.ts';
import { isForAudience, isOfClient, wrongAudience } from './audience.ts';
import { invalidToken } from './authorization.ts';
import type { Jwt } from './decompose.ts';
import { isOfKind } from './kind.ts';

/**
 * Returns the issuer of a token. Several issuers can have the same `iss`, because one provider can serve people and
 * jobs. The audience then decides. If the token has audiences of several issuers, its kind and client decide.
 * @param origins Audiences of issuers without audiences of their own.
 * @throws {Refusal} `unknown_issuer` or `wrong_audience`
 */
export function chooseIssuer(
  { header, payload }: Pick<Jwt, 'header' | 'payload'>,
  issuers: readonly EdgeIssuer[],
  origins: readonly string[],
): EdgeIssuer {
  const { iss } = payload;
  const named = issuers.filter((issuer) => issuer.iss.some((one) => one === iss));
  const [only] = named;
  if (only === undefined) {
    const advice = adviceOnIssuer(iss, issuers);
    throw invalidToken(`This edge does not trust the issuer of the token.${advice}`, 'unknown_issuer');
  }
  if (named.length === 1) return only;
  const meant = named.filter((issuer) => isForAudience(payload, issuer, origins));
  const [first] = meant;
  if (first === undefined) throw wrongAudience(payload, named, origins);
  if (meant.length === 1) return first;
  const exact = meant.filter((issuer) => isOfKind(header, payload, issuer) && isOfClient(payload, issuer));
  if (exact.length < 2) return exact[0] ?? first;
  const aliases = exact.map(({ alias }) => alias).join(', ');
  throw invalidToken(`The token is for audiences of several issuers: ${aliases}.`, 'wrong_audience');
}
