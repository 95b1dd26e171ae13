import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { isObject, type JsonObject } from '../../json.ts';
import { AwsError } from '../../wire/errors.ts';
import { isLoopback } from '../../wire/gate.ts';
import type { HttpResponse } from '../../wire/http.ts';

/** Faults of a key set that tests inject. */
export type KeySetFault = 'hang' | 'garbage' | 'refuse';

/** Limits of the list and of each URL. */
const MAX_KEY_SETS = 100;
const MAX_URL_LENGTH = 2048;

/**
 * Returns the URLs of the key sets that a function is allowed to fetch, from the resource's
 * `Metadata: { "edge-upload": { "keySets": [...] } }`. AWS has no such list: functions there reach every host.
 * @throws AwsError `InvalidRequest` for a URL that is not https, or http on loopback
 */
export function keySetsOf(metadata: JsonObject | undefined): readonly string[] {
  const ours = metadata?.['edge-upload'];
  const { keySets } = isObject(ours) ? ours : {};
  if (keySets === undefined) return [];
  if (!Array.isArray(keySets) || keySets.length > MAX_KEY_SETS) {
    throw new AwsError(
      'InvalidRequest',
      `Metadata.edge-upload.keySets must be a list of up to ${MAX_KEY_SETS} URLs.`,
    );
  }
  return keySets.map((value) => {
    if (typeof value === 'string' && isKeySetUrl(value)) return value;
    throw new AwsError(
      'InvalidRequest',
      `Metadata.edge-upload.keySets: ${JSON.stringify(value)} is not an https URL in its canonical form. http is accepted for loopback hosts only.`,
    );
  });
}

/** Whether a URL is written as the function's `fetch` writes it, and is safe to fetch. */
function isKeySetUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return false;
  const { href, protocol, hostname, username, password, hash } = new URL(text);
  if (href !== text || `${username}${password}${hash}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/**
 * Fetches a key set. Nothing of the function's request is sent but its URL, and redirects are not followed.
 * @throws an error with Node's code if there is no response
 */
export async function fetchKeySet(url: string, signal: AbortSignal): Promise<HttpResponse> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/json' },
      signal,
    });
    // `fetch` has decoded the body.
    const { 'content-encoding': _, 'content-length': __, ...headers } = Object.fromEntries(response.headers);
    const body = response.body === null ? '' : Readable.fromWeb(response.body as ReadableStream);
    return { status: response.status, headers, body };
  } catch (error) {
    throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  }
}
