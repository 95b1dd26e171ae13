import { gunzipSync } from 'node:zlib';
import { DESCRIPTION_KEY } from '../protocol/object-url.ts';
import type { EdgeConfig, EdgePage } from './config.ts';
import { Refusal } from './refusal.ts';
import { allowOnly } from './request/operation.ts';
import { type EdgeHeaders, type EdgeRequest, headerValues } from './request/viewer-request.ts';
import { isFitting, type Respond } from './response.ts';

/** @throws {Refusal} `not_found`, `method_not_allowed`, `bad_query` or `not_acceptable` */
export type ServePage = (name: string, request: EdgeRequest) => Respond;

/** Path prefix of the page's files. The page itself is at `/`. */
const FOLDER = `/${DESCRIPTION_KEY}/page/`;

/** Returns the name of a page file, empty for the page itself; `undefined` for any other path. */
export function pageName(uri: string): string | undefined {
  if (uri === '/') return '';
  return uri.startsWith(FOLDER) && uri.length > FOLDER.length ? uri.slice(FOLDER.length) : undefined;
}

/** Matches names that contain a content hash: see scripts/page.ts. */
const HASHED = /-[\w-]{8,}\.\w+$/;

/**
 * Returns the Content-Security-Policy of the page. Scripts can connect only to the edge and to the issuers of its
 * sign-ins, so that links and tokens in the page are sent to no other host.
 */
function contentSecurityPolicy({ issuers, managedLogin }: EdgeConfig): string {
  const connect = issuers.flatMap(({ kind, iss, tokenOrigin, clientSecretPublic: secret }) => {
    if (kind === 'pool') return [tokenOrigin ?? iss[0] ?? []].flat();
    // Discovery is at the issuer; the token endpoint can be on another host.
    // The page does not sign in at a provider whose client has a secret.
    return kind === 'people' && secret === undefined ? [...iss, tokenOrigin ?? []].flat() : [];
  });
  if (managedLogin !== undefined) connect.push(managedLogin);
  const origins = new Set(connect.map((iss) => new URL(iss).origin));
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self'",
    `connect-src ${["'self'", ...origins].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // The only policy. It creates the worker's URL.
    'trusted-types edge-upload',
  ].join('; ');
}

/**
 * Whether a client accepts gzip; `undefined` if it does not send `Accept-Encoding`.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
function acceptsGzip(headers: EdgeHeaders): boolean | undefined {
  const codings = headerValues(headers, 'accept-encoding').join().toLowerCase().split(',');
  const named = (pattern: RegExp) => codings.find((coding) => pattern.test(coding.trim()));
  const coding = named(/^(?:x-)?gzip\b/) ?? named(/^\*/);
  if (coding === undefined) return codings.join('').trim() === '' ? undefined : false;
  return !/;\s*q=0(?:\.0*)?\s*$/.test(coding);
}

/** Creates the handler of the page, which is public and needs no token. */
export function createPage(files: EdgePage, config: EdgeConfig): ServePage {
  const policy = contentSecurityPolicy(config);
  return (name, { method, querystring, headers: sent }) => {
    allowOnly(method, ['GET', 'HEAD']);
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file === undefined) throw new Refusal('not_found', 'The upload page has no file of this name.');
    // Providers and link services append parameters to the page's address.
    if (querystring !== '' && name !== '')
      throw new Refusal('bad_query', 'Query parameters are not accepted here.');
    const headers = {
      'content-type': file.type,
      'cache-control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-store',
      vary: 'Accept-Encoding',
      'content-security-policy': policy,
      'strict-transport-security': 'max-age=31536000',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    };
    const answer = { kind: 'respond', status: 200 } as const;
    const gzip = acceptsGzip(sent);
    if (!gzip) {
      const content = {
        encoding: 'text',
        text: gunzipSync(Buffer.from(file.gzip, 'base64')).toString(),
      } as const;
      if (isFitting(headers, content.text)) return { ...answer, headers, content };
      if (gzip === false)
        throw new Refusal(
          'not_acceptable',
          'The upload page is available with gzip only, which Accept-Encoding does not allow.',
        );
    }
    return {
      ...answer,
      headers: { ...headers, 'content-encoding': 'gzip' },
      content: { encoding: 'base64', text: file.gzip },
    };
  };
}
