import { decodeAscii } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import { containsToken, edgeUrl } from '../settings/edge-url.ts';
import { bareToken } from '../text.ts';

/** The content of a link's address: the edge and, in the fragment, a token for it. */
export interface Link {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly token: string;
}

/** Matches a token that a deployment signed: `eul_` for a link, `euk_` for a key. */
const TOKEN = /^eu[lk]_[\w-]+\.[\w-]+\.[\w-]+$/;

const HINT = 'Copy the whole address. It looks like https://d111111abcdef8.cloudfront.net/#eul_…';

/**
 * Parses the address of a link. Errors never quote what can be part of a token.
 * @param source Where the address is from, for the start of a sentence.
 * @throws {UserError} `usage`
 */
export function readLink(address: string, source: string): Link {
  const typed = bareToken(address);
  if (typed === '') {
    throw new UserError('usage', `${source} is empty.`, { hint: 'A shell variable may be unset.' });
  }
  const at = typed.indexOf('#');
  const [before, token] = at < 0 ? [typed, ''] : [typed.slice(0, at), decodeAscii(typed.slice(at + 1))];
  if (containsToken(before)) {
    throw new UserError('usage', `${source} is not the address of a link: the token is not after a “#”.`, {
      hint: [
        HINT,
        'A token without its address goes into EDGE_UPLOAD_TOKEN, with the edge in EDGE_UPLOAD_URL.',
      ],
    });
  }
  if (token === '') {
    throw new UserError('usage', `${source} is not the address of a link: nothing follows a “#”.`, {
      hint: HINT,
    });
  }
  if (!TOKEN.test(token)) {
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
