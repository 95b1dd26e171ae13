import { type Fields, readFields } from '../../protocol/fields.ts';
import { SignInError } from './signed-in.ts';

/** The response of a sign-in service. */
export interface ServiceResponse {
  readonly ok: boolean;
  readonly document: Fields;
}

/** Milliseconds from the request to the last byte of the response. */
const DEADLINE_MS = 30_000;

/** Maximum bytes of a response. A discovery document has a few thousand. */
const MAX_BYTES = 256 * 1024;

/**
 * Returns the settings of every request to a sign-in service: no cookies, and no redirects, which could send a code or
 * token elsewhere.
 */
export function guarded(): RequestInit {
  return { credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(DEADLINE_MS) };
}

/** @throws {Error} if the response is too long or incomplete */
async function textOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; reader !== undefined; ) {
    const { value } = await reader.read();
    if (value === undefined) break;
    bytes += value.length;
    if (bytes > MAX_BYTES) {
      await reader.cancel();
      throw new Error('The response is too long.');
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Sends a request to a sign-in service and returns the JSON object of its response.
 * @throws {SignInError} `signInUnreachable` without a response, for a response of a broken service (5xx), or without JSON;
 * `signInLater` for a busy service (429)
 */
export async function callService(url: string, init: RequestInit = {}): Promise<ServiceResponse> {
  let ok: boolean;
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { ...guarded(), ...init });
    ({ ok, status } = response);
    text = await textOf(response);
  } catch {
    throw new SignInError('signInUnreachable');
  }
  if (status === 429) throw new SignInError('signInLater');
  const document = readFields(text);
  if (document === undefined || status >= 500) throw new SignInError('signInUnreachable');
  return { ok, document };
}
