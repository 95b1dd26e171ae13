import type { EdgeConfig, EdgeIssuer } from '../../edge/config.ts';
import { authorize, type Permission, permissionOf } from '../../edge/permission.ts';
import { Refusal, type RefusalCode } from '../../edge/refusal.ts';
import { chooseIssuer } from '../../edge/token/choose-issuer.ts';
import { type Caller, readCaller } from '../../edge/token/claims.ts';
import { decompose, type Jwt } from '../../edge/token/decompose.ts';
import { createVerify } from '../../edge/token/verify.ts';
import { claimTexts, readClaim } from '../../protocol/claims.ts';
import { holds } from '../../protocol/upload-rule.ts';
import { describeCondition, formatClaimName } from './conditions.ts';

/** The edge's decision on a token. */
export interface TokenEvaluation {
  /** The token's `iss`. */
  readonly iss?: unknown;
  /** The token's `aud`. */
  readonly aud?: unknown;
  /** The issuer, if it is trusted. */
  readonly issuer?: EdgeIssuer;
  readonly caller?: Caller;
  readonly permission?: Permission;
  /** The first failed check. */
  readonly refusal?: { readonly code: RefusalCode; readonly message: string };
  /** Whether the signature was checked and is valid. */
  readonly verified: boolean;
}

interface Circumstances {
  /** The distribution's host, which tokens name as their audience. */
  readonly domain?: string | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** Downloads a key set as text. Absent: signatures are not checked. */
  readonly download?: ((uri: string) => Promise<string>) | undefined;
}

async function refusalOf(work: () => unknown): Promise<Refusal | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Returns the issuer of a token. If no audience matches, returns the first issuer with the token's `iss`. */
function issuerOf(jwt: Jwt, { issuers }: EdgeConfig, origins: readonly string[]): EdgeIssuer | undefined {
  try {
    return chooseIssuer(jwt, issuers, origins);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return issuers.find(({ iss }) => iss.some((one) => one === jwt.payload.iss));
  }
}

/** Checks a token with the edge's own code. Without `download`, the signature is not checked. */
export async function evaluateToken(
  token: string,
  config: EdgeConfig,
  { domain, now, download }: Circumstances,
): Promise<TokenEvaluation> {
  const jwt = decompose(token);
  const origins = domain === undefined ? config.origins : [`https://${domain}`, ...config.origins];
  const issuer = jwt && issuerOf(jwt, config, origins);
  const offline = () => Promise.reject(new Error('offline'));
  const verify = createVerify(config, { now: () => now * 1000, download: download ?? offline });
  const refused = await refusalOf(() => verify(token, domain));
  // The edge looks up keys last, so all other checks have passed.
  const unverified = download === undefined && refused?.code === 'keys_unavailable';
  const known = { iss: jwt?.payload.iss, aud: jwt?.payload.aud, ...(issuer && { issuer }) };
  if (refused !== undefined && !unverified) {
    return { ...known, refusal: { code: refused.code, message: refused.message }, verified: false };
  }
  if (jwt === undefined || issuer === undefined) throw new Error('A verified token has an issuer.');
  const caller = readCaller(jwt, issuer, origins, now);
  const permission = permissionOf(caller, config.policy);
  const forbidden =
    permission.prefixes.length > 0 ? undefined : await refusalOf(() => authorize('', caller, permission));
  return {
    ...known,
    caller,
    permission,
    verified: !unverified,
    ...(forbidden && { refusal: { code: forbidden.code, message: forbidden.message } }),
  };
}

/** Maximum characters of a claim that are shown. */
const SHOWN = 120;

function valueWords(value: unknown): string {
  if (value === undefined) return 'is missing';
  const texts = claimTexts(value);
  if (texts.length === 0) return 'is empty';
  if (texts.includes(undefined)) return 'is not text';
  const shown = texts.map((text) => `“${text}”`).join(', ');
  return `has ${shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown}`;
}

/** Returns a line for each condition that a token does not satisfy, rule by rule. */
export function unmetLines({ issuer: { rules }, claims }: Caller): string[] {
  return rules.flatMap(({ when = [] }, at) =>
    when
      .filter((condition) => !holds(condition, claims))
      .map(
        (condition) =>
          `rule ${at + 1}: the token's ${formatClaimName(condition.claim)} ${valueWords(readClaim(claims, condition.claim))}; the rule matches if ${describeCondition(condition)}`,
      ),
  );
}
