import type { TrustedIssuer } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { isIssuer } from '../../protocol/issuer.ts';
import { isPlainHost } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import { unreadableMember } from '../identity/edge-description.ts';
import { quotableAddress } from '../settings/edge-url.ts';

const TEXT = 'Use up to 255 ASCII characters, without spaces.';

/** Returns the error for a member that clients do not read. */
function unreadable({ alias, iss, clientId, audiences }: TrustedIssuer, member: string): UserError {
  switch (member) {
    case 'issuer':
      return invalidIssuer(iss[0] ?? '');
    case 'clientId':
      return new UserError('usage', `Invalid value “${clientId}” for --client-id. ${TEXT}`);
    case 'audience':
      return new UserError('usage', `Invalid value “${audiences?.[0]}” for --audience. ${TEXT}`);
    case 'scopes':
      return new UserError('usage', `Invalid scopes of ${alias}. Use up to 20, without spaces and quotes.`);
    default:
      return new UserError('usage', `Invalid ${member} of ${alias}. ${TEXT}`);
  }
}

function invalidIssuer(iss: string): UserError {
  return new UserError(
    'usage',
    `Invalid issuer “${quotableAddress(iss)}”. Use an https address as it is sent: the host in lower case, no default port, only ASCII.`,
    { hint: 'The document and the tokens of the provider must spell it the same way.' },
  );
}

/**
 * Refuses an issuer that clients do not read in the description of the edge: they refuse the whole description, so that
 * nobody could upload. Its origins are also part of the Content-Security-Policy of the upload page.
 * @throws {UserError} `usage`
 */
export function requireReadable(issuer: TrustedIssuer): void {
  const { iss, audiences: [audience] = [], tokenOrigin, ...described } = issuer;
  const member = unreadableMember({ ...described, issuer: iss[0], ...omitUndefined({ audience }) });
  if (member !== undefined) throw unreadable(issuer, member);
  const other = iss.find((one) => !isIssuer(one));
  if (other !== undefined) throw invalidIssuer(other);
  if (tokenOrigin !== undefined && !isPlainHost(new URL(tokenOrigin).hostname)) {
    throw new UserError('usage', `The token endpoint of ${iss[0]} has an invalid host: ${tokenOrigin}`);
  }
}
