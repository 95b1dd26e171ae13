import { issuedToken } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import { containsToken, edgeUrl } from '../settings/edge-url.ts';
import { bareToken } from '../text.ts';

/** The content of a link's address: the edge and, in the fragment, a token for it. */
export interface Link {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly token: string;
}

const HINT = 'Copy the whole address. It looks like https://d111111abcdef8.cloudfront.net/#eul_…';

/**
 * Parses the address of a link. Text after it is ignored, as the page ignores it. Errors never quote what can be part of a token.
 * @param source Where the address is from, for the start of a sentence.
 * @throws {UserError} `usage`
 */
export function readLink(address: string, source: string): Link {
  const typed = bareToken(address);
  if (typed === '') {
    throw new UserError('usage', `${source} is empty.`, { hint: 'A shell variable may be unset.' });
  }
  const at = typed.indexOf('#');
  const [before, fragment] = at < 0 ? [typed, ''] : [typed.slice(0, at), typed.slice(at + 1)];
  if (containsToken(before)) {
    throw new UserError('usage', `${source} is not the address of a link: the token is not after a “#”.`, {
      hint: [
        HINT,
        'A token without its address goes into EDGE_UPLOAD_TOKEN, with the edge in EDGE_UPLOAD_URL.',
      ],
    });
  }
  if (fragment === '') {
    throw new UserError('usage', `${source} is not the address of a link: nothing follows a “#”.`, {
      hint: HINT,
    });
  }
  const token = issuedToken(fragment);
  if (token === undefined) {
    throw new UserError('usage', `${source} is not the address of a link: it was cut off or changed.`, {
      hint: HINT,
    });
  }
  if (before === '') {
    throw new UserError('usage', `${source} is not the address of a link: nothing is before the “#”.`, {
      hint: HINT,
    });
  }
  return { url: edgeUrl(before), token };
}
