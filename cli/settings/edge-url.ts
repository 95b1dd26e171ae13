import { decodeAscii, isLinkAddress, isSecureOrigin } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import { UserError } from '../errors.ts';

/**
 * Returns the edge's address as `https://host[:port]`, from what a person types: a domain, as in the stack's output, or a
 * URL. Plain http is accepted for loopback alone, because a token must not travel unencrypted.
 * @throws {UserError} `usage`
 */
export function edgeUrl(address: string): string {
  const typed = address.replace(/^\uFEFF/, '').trim();
  const hint = 'Use the address that deploy printed, such as https://d111111abcdef8.cloudfront.net';
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  } catch {
    // Node's error quotes the whole text.
    throw new UserError('usage', `“${quotableAddress(typed)}” is not a URL.`, { hint });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError('usage', 'The edge URL must not contain a user name or a password.', { hint });
  }
  if (isLinkAddress(typed)) {
    throw new UserError(
      'usage',
      `“${quotableAddress(typed)}” is the address of a link, which needs no sign-in.`,
      {
        hint: ['Upload with the link:', command`edge-upload put <file> --link <address>`],
        library: { hint: 'Pass what is before # as url, and what follows it as token.' },
      },
    );
  }
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') {
    throw new UserError('usage', `“${quotableAddress(typed)}” contains more than a host name.`, { hint });
  }
  if (!isSecureOrigin(url)) {
    throw new UserError(
      'usage',
      `“${quotableAddress(typed)}” is not an https address; a token is never sent over ${url.protocol}//`,
      {
        hint,
      },
    );
  }
  // As a host name, a token would be sent to name servers.
  if (containsToken(url.hostname)) {
    throw new UserError('usage', 'A token was given as the edge URL.', {
      hint: 'The token goes into EDGE_UPLOAD_TOKEN, and the edge into EDGE_UPLOAD_URL.',
      library: { hint: 'Pass it as token, and the address of the edge as url.' },
    });
  }
  // With the final dot of DNS, it is the same host.
  url.hostname = url.hostname.replace(/\.+$/, '');
  return url.origin;
}

/** A link, a key, or the first two parts of a JWT. Host names are in lower case. */
const TOKEN = /(?:eu[lk]_|eyJ[\w-]+\.eyJ)[\w.-]*/i;

/** Whether a token was typed in place of an address or of a part of one. */
export function containsToken(address: string): boolean {
  return TOKEN.test(decodeAscii(address));
}

/** Returns a typed address without the parts that can be a password or a token, to quote in errors. */
export function quotableAddress(address: string): string {
  const shown = containsToken(address) ? decodeAscii(address) : address;
  return shown
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@')
    .replace(/([?#]).+$/s, '$1…')
    .replace(new RegExp(TOKEN, 'gi'), '…');
}
