import { decodeAscii, issuedToken } from '../protocol/object-url.ts';

/** Returns the token of a link from a URL's fragment, such as `#eul_…`; `undefined` if it has none. */
export function linkToken(fragment: string): string | undefined {
  return isLink(fragment) ? issuedToken(fragment) : undefined;
}

/** Whether a URL's fragment contains a link's token, complete or truncated by a mail program. */
export function isLink(fragment: string): boolean {
  return /^#?eul_/.test(decodeAscii(fragment));
}
