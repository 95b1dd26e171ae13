import { type Fields, readFields } from '../../protocol/fields.ts';
import { isLoopback, isPlainHost, isSecureOrigin } from '../../protocol/object-url.ts';
import { MAX_KEY_SET_BYTES } from '../../protocol/signing-key.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { requestText } from '../network/bounded-requests.ts';
import { askHost } from '../network/dispatcher.ts';
import { isRedirect } from '../network/failures.ts';
import { quotableAddress } from '../settings/edge-url.ts';

/** Milliseconds for a document, from connecting to the last byte. */
const DEADLINE_MS = 15_000;

/** A JSON object, or the HTTP status of a failed request. */
export type FetchedDocument = { readonly fields: Fields } | { readonly status: number };

/** Downloads public JSON documents of providers. */
export interface Documents {
  /** Whether plain http is allowed for addresses of this computer. Only for the embedded cloud. */
  readonly plainLoopback: boolean;
  /**
   * @throws {UserError} `unreachable`, `tls` or `usage` for anything but a JSON object or an error status: a redirect,
   * an HTML page, too many bytes, an address that is not https
   */
  fetch(url: string): Promise<FetchedDocument>;
}

/** Parses an address of a provider. Plain http is allowed only for this computer and the embedded cloud. */
export function requireHttps(address: string, what: string, plainLoopback: boolean): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const hint = 'Type it as the provider shows it, such as https://login.example.com';
  if (url === undefined || !isPlainHost(url.hostname))
    throw new UserError('usage', `${what} “${quotableAddress(address)}” is not a URL.`, { hint });
  if (url.protocol !== 'https:' && !(plainLoopback && isSecureOrigin(url))) {
    const why = isLoopback(url.hostname)
      ? 'plain http is allowed only in the embedded cloud'
      : 'unencrypted keys can be replaced on the way';
    throw new UserError('usage', `${what} “${quotableAddress(address)}” is not an https address: ${why}.`, {
      hint,
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError('usage', `${what} must not contain a user name or a password.`, { hint });
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(address)) {
    throw new UserError('usage', `${what} “${quotableAddress(address)}” has a query or a fragment.`, {
      hint,
    });
  }
  return url;
}

export function openDocuments(context: Context, plainLoopback: boolean): Documents {
  return {
    plainLoopback,
    async fetch(address) {
      const url = requireHttps(address, 'The address', plainLoopback);
      const { status, headers, text } = await askHost(context, { host: url.host }, (dispatcher) =>
        requestText(url.href, {
          dispatcher,
          signal: context.signal,
          // GitHub refuses requests without a name.
          headers: { accept: 'application/json', 'user-agent': 'edge-upload' },
          deadlineMs: DEADLINE_MS,
          maxBytes: MAX_KEY_SET_BYTES + 1,
        }),
      );
      return readAnswer(url, status, headers.location, text);
    },
  };
}

function readAnswer(url: URL, status: number, location: string | undefined, text: string): FetchedDocument {
  const refuse = (why: string, hint = 'Check the address, and whether a proxy responds instead.') => {
    throw new UserError('unreachable', `Unexpected response from ${url.host}: ${why}.`, { hint });
  };
  if (isRedirect(status)) {
    return refuse(
      `a redirect${location === undefined ? '' : ` to ${location.slice(0, 200)}`}`,
      'Redirects are not followed: the issuer must respond directly. Type the address that it redirects to, if you trust it.',
    );
  }
  if (status !== 200) return { status };
  if (Buffer.byteLength(text) > MAX_KEY_SET_BYTES)
    return refuse(`${url.pathname} has more than ${MAX_KEY_SET_BYTES} bytes`);
  const fields = readFields(text);
  return fields === undefined ? refuse(`${url.pathname} is not a JSON object`) : { fields };
}
