import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Jwk, Jwks } from '../../edge/config.ts';
import { UserError } from '../errors.ts';
import { openDispatcher } from '../network/dispatcher.ts';
import { networkFailure } from '../network/failures.ts';
import type { StackOutputs } from './stacks.ts';
import type { PoolIdentity } from './template.ts';

interface KeySource {
  /** Base URL of the pool's public documents, without a trailing slash. */
  readonly cognitoUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly caFile?: string;
}

/** A new pool's keys may be served a moment later than the pool exists. */
const TRIES = 6;

function isKey(value: unknown): value is Jwk {
  const key = value as Partial<Record<keyof Jwk, unknown>> | null;
  return (
    key !== null &&
    (['kty', 'kid', 'alg', 'use', 'n', 'e'] as const).every((name) => typeof key?.[name] === 'string')
  );
}

function keySet(document: unknown): Jwks | undefined {
  const keys = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey)) return undefined;
  // Only what verifying needs is baked into the function: its code is part of a template with a size limit.
  return { keys: keys.map(({ kty, kid, alg, use, n, e }) => ({ kty, kid, alg, use, n, e })) };
}

async function fetchKeys(url: string, { env, caFile }: KeySource): Promise<Jwks> {
  const dispatcher = openDispatcher({ env, ...(caFile === undefined ? {} : { caFile }) });
  let last = '';
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await delay(500 * 2 ** (tried - 1));
      const { statusCode, body } = await request(url, {
        dispatcher,
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      });
      const text = await body.text();
      const keys = statusCode === 200 ? keySet(JSON.parse(text)) : undefined;
      if (keys !== undefined) return keys;
      last = `status ${statusCode}`;
    }
  } catch (error) {
    throw networkFailure(error, new URL(url).host) ?? error;
  } finally {
    await dispatcher.close();
  }
  throw new UserError('aws', `The user pool's keys cannot be had from ${url}: ${last}.`, {
    hint: 'Run edge-upload deploy again; what was made so far is kept.',
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
