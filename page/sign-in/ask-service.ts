import { type Fields, readFields } from '../../protocol/fields.ts';
import { SignInError } from './signed-in.ts';

/** A sign-in service's answer. */
export interface ServiceAnswer {
  readonly ok: boolean;
  readonly document: Fields;
}

/** From the request to the last byte of the answer. */
const DEADLINE_MS = 30_000;

/** Longer answers are not read to their end. A discovery document has a few thousand bytes. */
const MAX_BYTES = 256 * 1024;

/** What every request to a sign-in service has: no cookies, and no redirect that would take a code or token elsewhere. */
export function guarded(): RequestInit {
  return { credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(DEADLINE_MS) };
}

/** @throws where the answer is too long, breaks off or does not end */
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
      throw new Error('The answer is too long.');
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Sends a request to a sign-in service and returns the JSON object that it answers.
 * @throws {SignInError} `signInUnreachable` for any other answer, and for none
 */
export async function askService(url: string, init: RequestInit = {}): Promise<ServiceAnswer> {
  let ok: boolean;
  let text: string;
  try {
    const response = await fetch(url, { ...guarded(), ...init });
    ok = response.ok;
    text = await textOf(response);
  } catch {
    throw new SignInError('signInUnreachable');
  }
  const document = readFields(text);
  if (document === undefined) throw new SignInError('signInUnreachable');
  return { ok, document };
}
