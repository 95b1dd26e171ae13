import { policyOf, type StackOptions, type TrustedIssuer } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { requireSafe } from '../../trust/safety.ts';
import { requireKnown } from './deployed-options.ts';

/**
 * Bytes of JSON. The first step of a deploy has the options in its template, which is inline: there is no bucket yet. Signing
 * keys and revoked tokens come later.
 */
const OPTIONS_ROOM = 30_000;

/**
 * Bytes of JSON in every description that the edge returns. An answer of an edge function has 40 KB, of which groups
 * and prefixes of a caller need 28 KB: see edge/description.ts.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const DESCRIPTION_ROOM = 10_000;

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** Returns the members of an issuer that the edge describes. */
function described({ rules, jwksUri, tokenOrigin, name, groups, maxAge, ...issuer }: TrustedIssuer): object {
  return issuer;
}

/** Checks that a deployment has room for its options. */
function refuseTooMuch({ trust = [], signing: _, ...options }: StackOptions): void {
  const all = bytesOf(options);
  if (all > OPTIONS_ROOM) {
    throw new UserError('usage', `A deployment keeps ${OPTIONS_ROOM} bytes of options; these have ${all}.`, {
      hint: 'Name fewer or shorter --tag.',
    });
  }
  const bytes = bytesOf([policyOf(options), trust.map(described)]);
  if (bytes <= DESCRIPTION_ROOM) return;
  throw new UserError(
    'usage',
    `The edge describes ${DESCRIPTION_ROOM} bytes of rules and issuers; these have ${bytes}.`,
    { hint: 'Name fewer or shorter --allow-group or --cors-origin, or trust fewer issuers.' },
  );
}

/**
 * Checks the options of a deployment as a whole, before anything is fetched or changed. What this version keeps, it must
 * be able to read.
 * @throws {UserError} `usage`, or `stack_failed` for options that this version does not know
 */
export function requireDeployable(options: StackOptions): void {
  requireSafe(options);
  refuseTooMuch(options);
  // Last: its words are for options of a newer version, not for a value that somebody typed.
  requireKnown(options);
}
