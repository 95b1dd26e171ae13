import { setTimeout as delay } from 'node:timers/promises';
import { signingKeysOf } from '../../../protocol/signing-key.ts';
import { interrupted, UserError } from '../../errors.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import { networkFailure } from '../../network/failures.ts';
import { requestText } from '../../network/request-text.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { readFields } from '../../settings/documents.ts';
import type { StackOutputs } from '../find-stack.ts';
import type { PoolIdentity } from './make-template.ts';

interface KeySource {
  /** Base URL of the pool's public documents, without a trailing slash. */
  readonly cognitoUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly local?: LocalCloud | undefined;
  readonly signal: AbortSignal;
}

/** A new pool's keys may be served a moment later than the pool exists. */
const TRIES = 6;

/** Of one answer; a pool has two keys of some 500 bytes each. */
const DEADLINE_MS = 20_000;
const MAX_BYTES = 65_536;

/** The keys of a document that verify access tokens; `undefined` for a document without any. */
function keySet(text: string): PoolIdentity['jwks'] | undefined {
  const keys = signingKeysOf(readFields(text));
  return keys.length === 0 ? undefined : { keys };
}

async function fetchKeys(url: string, { env, local, signal }: KeySource): Promise<PoolIdentity['jwks']> {
  const dispatcher = openDispatcher({ env, local });
  let last = '';
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await delay(500 * 2 ** (tried - 1), undefined, { signal });
      const { status, text } = await requestText(url, {
        dispatcher,
        signal,
        deadlineMs: DEADLINE_MS,
        maxBytes: MAX_BYTES,
      });
      const keys = status === 200 ? keySet(text) : undefined;
      if (keys !== undefined) return keys;
      last = status === 200 ? 'the answer is no key set' : `status ${status}`;
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw networkFailure(error, new URL(url).host) ?? error;
  } finally {
    await dispatcher.close();
  }
  throw new UserError('aws', `The user pool's keys are unavailable at ${url}: ${last}.`, {
    hint: 'Run edge-upload deploy again; what was created so far is kept.',
  });
}

/** The stack's identity as its outputs and the pool's public keys give it; `undefined` before the pool exists. */
export async function poolIdentity(
  outputs: StackOutputs,
  source: KeySource,
): Promise<PoolIdentity | undefined> {
  const { userPoolId, clientId } = outputs;
  if (userPoolId === undefined || clientId === undefined) return undefined;
  return {
    userPoolId,
    clientId,
    jwks: await fetchKeys(`${source.cognitoUrl}/${userPoolId}/.well-known/jwks.json`, source),
  };
}
