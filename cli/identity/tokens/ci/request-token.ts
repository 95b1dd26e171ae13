import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { interrupted } from '../../../errors.ts';
import { requestText, type TextResponse } from '../../../network/bounded-requests.ts';
import { openDispatcher } from '../../../network/dispatcher.ts';
import { isRedirect } from '../../../network/failures.ts';
import { networkFailure } from '../../../network/network-failure.ts';
import type { PresetName } from '../../../trust/presets.ts';
import { noToken, type WorkloadContext } from './workload.ts';

const DEADLINE_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;

const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

interface TokenRequest {
  readonly preset: PresetName;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What helps if the service refuses. */
  readonly hint: string;
  /** Closed at the end. Absent: the dispatcher of all network traffic. */
  readonly dispatcher?: Dispatcher;
}

/**
 * Requests a token from an endpoint, bounded in bytes and time. Redirects are not followed. No error contains the address
 * or the response, which can contain the request's own credential.
 */
export async function requestToken(
  { env, sent, signal }: Pick<WorkloadContext, 'env' | 'sent' | 'signal'>,
  { preset, url, headers, hint, dispatcher = openDispatcher({ env, sent }) }: TokenRequest,
): Promise<TextResponse> {
  const options = { dispatcher, signal, headers, deadlineMs: DEADLINE_MS, maxBytes: MAX_ANSWER_BYTES };
  try {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await requestText(url.href, options);
      const { status } = answer;
      if (status === 200) return answer;
      if (attempt === ATTEMPTS || !TRANSIENT_STATUS.has(status)) {
        const what = isRedirect(status) ? 'redirects, which is not followed' : 'refuses';
        const code = TRANSIENT_STATUS.has(status) ? 'unreachable' : 'not_signed_in';
        throw noToken(preset, `${url.host} ${what} (HTTP ${status})`, { code, hint });
      }
      await delay(Math.random() * FIRST_WAIT_MS * 2 ** attempt, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw networkFailure(error, url.host) ?? error;
  } finally {
    await dispatcher.destroy();
  }
}
