import { decodeAscii } from '../protocol/object-url.ts';

/**
 * Returns the token of a link from a URL's fragment, such as `#eul_…`; `undefined` if it has none. Text after it is
 * ignored, such as the full stop of a sentence that was copied too.
 */
export function linkToken(fragment: string): string | undefined {
  return /^#?(eul_[\w-]+\.[\w-]+\.[\w-]+)(?:[^\w-]|$)/.exec(decodeAscii(fragment))?.[1];
}

/** Whether a URL's fragment contains a link's token, complete or truncated by a mail program. */
export function isLink(fragment: string): boolean {
  return /^#?eul_/.test(decodeAscii(fragment));
}
