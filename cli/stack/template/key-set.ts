import { setTimeout as delay } from 'node:timers/promises';
import { readFields } from '../../../protocol/fields.ts';
import { type Jwk, MAX_KEY_SET_BYTES, signingKeysOf } from '../../../protocol/signing-key.ts';
import type { Hint } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, UserError } from '../../errors.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import { networkFailure } from '../../network/failures.ts';
import { requestText } from '../../network/request-text.ts';
import type { LocalCloud } from '../../settings/deployments.ts';

/** How key sets are reached. */
export interface KeySource extends Pick<Context, 'env' | 'sent' | 'signal'> {
  readonly local?: LocalCloud | undefined;
}

export interface KeySetRequest {
  readonly url: string;
  /** Of errors, such as `the user pool`. */
  readonly whose: string;
  readonly hint: Hint;
  /** Requests until an answer is a key set; one if absent. */
  readonly tries?: number;
}

/** Milliseconds for one answer. */
const DEADLINE_MS = 20_000;

function defect(status: number): string {
  if (status === 200) return 'the answer contains no key that verifies tokens';
  return status >= 300 && status < 400 ? `it redirects (status ${status})` : `status ${status}`;
}

/**
 * Returns the keys of an issuer that verify tokens. Redirects are not followed.
 * @throws {UserError} `unreachable`, `tls`, `settings` or `interrupted`
 */
export async function fetchKeySet(
  { url, whose, hint, tries = 1 }: KeySetRequest,
  { env, sent, local, signal }: KeySource,
): Promise<readonly Jwk[]> {
  const dispatcher = openDispatcher({ env, sent, local });
  let last = '';
  try {
    for (let tried = 0; tried < tries; tried += 1) {
      if (tried > 0) await delay(500 * 2 ** (tried - 1), undefined, { signal });
      const { status, text } = await requestText(url, {
        dispatcher,
        signal,
        deadlineMs: DEADLINE_MS,
        maxBytes: MAX_KEY_SET_BYTES,
      });
      const keys = status === 200 ? signingKeysOf(readFields(text)) : [];
      if (keys.length > 0) return keys;
      last = defect(status);
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    const failure = networkFailure(error, new URL(url).host);
    if (failure === undefined) throw error;
    throw new UserError(failure.code, `The keys of ${whose} are unavailable: ${failure.message}`, {
      hint: [...failure.hintLines, ...[hint].flat()],
      cause: error,
    });
  } finally {
    await dispatcher.close();
  }
  throw new UserError('unreachable', `The keys of ${whose} are unavailable at ${url}: ${last}.`, { hint });
}
