import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { BakedConfig, EdgeIssuer, PoolIdentity } from '../../../edge/config.ts';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined, readFields } from '../../../protocol/fields.ts';
import { type Jwk, MAX_KEY_SET_BYTES, publishedKeysOf } from '../../../protocol/signing-key.ts';
import { command, type HintLine } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { REPLACE_POOL } from '../../identity/cognito-errors.ts';
import { requestText, type TextResponse } from '../../network/bounded-requests.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import { isRedirect } from '../../network/failures.ts';
import { networkFailure } from '../../network/network-failure.ts';
import { sameCommand } from '../../same-command.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { asTask } from '../../ui/create.ts';
import { count } from '../../ui/format.ts';
import { secondsAtAws } from '../aws-calls.ts';
import type { StackOutputs, StackWork } from '../find-stack.ts';

/** How key sets are requested. */
interface KeySource {
  readonly context: Pick<Context, 'env' | 'sent' | 'signal'>;
  readonly local?: LocalCloud | undefined;
}

interface KeySetRequest {
  readonly url: string;
  /** Of errors, such as `the user pool`. */
  readonly whose: string;
  readonly hint: readonly HintLine[];
  /** Used instead for a status which shows that the issuer no longer exists. */
  readonly ifGone?: readonly HintLine[];
  /** Number of requests until a response is a key set. Default: one. */
  readonly tries?: number;
}

/** Milliseconds for one response. */
const DEADLINE_MS = 20_000;

/** Returns the keys in a response that verify tokens, or why there is none. */
function keysOf({ status, text }: TextResponse): readonly Jwk[] | string {
  if (status !== 200) return isRedirect(status) ? `it redirects (status ${status})` : `status ${status}`;
  if (Buffer.byteLength(text) > MAX_KEY_SET_BYTES)
    return `the response has more than ${MAX_KEY_SET_BYTES} bytes`;
  const keySet = readFields(text);
  if (keySet === undefined)
    return 'the response is not a JSON object. A proxy or the sign-in page of a network may be in between';
  const keys = publishedKeysOf(keySet);
  return keys.length === 0 ? 'the response contains no key that verifies tokens' : keys;
}

/**
 * Returns the keys of an issuer that verify tokens. Redirects are not followed.
 * @throws {UserError} `unreachable`, `tls`, `settings` or `interrupted`
 */
async function fetchKeySet(
  { url, whose, hint, ifGone = hint, tries = 1 }: KeySetRequest,
  { context: { env, sent, signal }, local }: KeySource,
): Promise<readonly Jwk[]> {
  const dispatcher = openDispatcher({ env, sent, local });
  const bounds = { deadlineMs: DEADLINE_MS, maxBytes: MAX_KEY_SET_BYTES + 1 };
  let defect = '';
  let isGone = false;
  try {
    for (let tried = 0; tried < tries; tried += 1) {
      if (tried > 0) await delay(500 * 2 ** (tried - 1), undefined, { signal });
      const response = await requestText(url, { dispatcher, signal, ...bounds });
      const keys = keysOf(response);
      if (typeof keys !== 'string') return keys;
      defect = keys;
      isGone = response.status === 400 || response.status === 404;
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    const failure = networkFailure(error, new URL(url).host);
    if (failure === undefined) throw error;
    throw new UserError(failure.code, `The keys of ${whose} are unavailable: ${failure.message}`, {
      hint: [...failure.hintLines, ...hint],
      cause: error,
    });
  } finally {
    await dispatcher.close();
  }
  throw new UserError('unreachable', `The keys of ${whose} are unavailable at ${url}: ${defect}.`, {
    hint: isGone ? ifGone : hint,
  });
}

/** Requests for a new pool's keys, which may be served a moment later than the pool exists. */
const POOL_TRIES = 6;

/** Returns the pool's ids and public keys; `undefined` before the pool exists. */
export async function poolIdentity(
  source: KeySource & { readonly clients: Pick<StackWork['clients'], 'cognitoUrl'> },
  { userPoolId, clientId, domain }: StackOutputs,
): Promise<PoolIdentity | undefined> {
  if (userPoolId === undefined || clientId === undefined) return undefined;
  // Without an edge yet, the deploy that created the pool is unfinished.
  const isNew = domain === undefined;
  const hint = [isNew ? 'What was created so far is kept. To continue:' : 'To try again:', sameCommand``];
  const keys = await fetchKeySet(
    {
      url: `${source.clients.cognitoUrl}/${userPoolId}/.well-known/jwks.json`,
      whose: 'the user pool',
      hint,
      ifGone: isNew ? [...hint, ...REPLACE_POOL] : REPLACE_POOL,
      tries: POOL_TRIES,
    },
    source,
  );
  return { userPoolId, clientId, jwks: { keys } };
}

/** Seconds. An edge refreshes key sets that are older. */
const FRESH_FOR = 24 * 60 * 60;

/** Returns the keys of a trusted issuer as it publishes them now, on the internet for an embedded cloud too. */
export async function fetchTrustedKeys(
  { context }: StackWork,
  { alias, iss: [iss = alias], jwksUri }: TrustedIssuer,
): Promise<EdgeIssuer['keys']> {
  return fetchKeySet(
    {
      url: jwksUri,
      whose: `the issuer ${alias} (${iss})`,
      hint: [
        'Run the command from a network that reaches the issuer, or remove the issuer:',
        command`edge-upload trust remove ${alias}`,
      ],
    },
    { context },
  );
}

type KeySets = TrustedKeys['keySets'];

export interface TrustedKeysOptions {
  /** Key sets, by alias, that are not fetched again. */
  readonly fetched?: KeySets | undefined;
  /** Whether an unreachable issuer keeps the keys of the deployed function, with a warning: links must be revoked then too. */
  readonly keepsDeployed?: boolean;
}

/** Returns the keys of an issuer in what is baked; `undefined` for one that is not. */
export function keysIn(baked: BakedConfig | undefined, alias: string): EdgeIssuer['keys'] | undefined {
  return baked?.issuers?.find((one) => one.alias === alias)?.keys;
}

/**
 * Fetches the key sets of all trusted issuers. The time of the bake stays that of the deployed function while the keys are
 * the same and fresh, so that a deploy that changes nothing changes no code.
 * @param baked what the deployed function has
 * @throws {UserError} naming the issuer whose keys are unavailable
 */
export async function trustedKeys(
  work: StackWork,
  { trust = [] }: StackOptions,
  baked: BakedConfig | undefined,
  { fetched = {}, keepsDeployed = false }: TrustedKeysOptions = {},
): Promise<TrustedKeys> {
  if (trust.length === 0) return { keySets: {} };
  const others = trust.filter(({ alias }) => !Object.hasOwn(fetched, alias));
  let isKept = false;
  const keep = (issuer: TrustedIssuer, error: unknown) => {
    const deployed = keepsDeployed ? keysOfSame(baked, issuer) : undefined;
    if (deployed === undefined || !isUserError(error) || error.code === 'interrupted') throw error;
    const text = `${error.message} The edge keeps the keys of the last deploy.`;
    work.context.ui.event({ type: 'warning', text });
    isKept = true;
    return deployed;
  };
  const keySets = { ...fetched, ...(await fetchKeySets(work, others, keep)) };
  // The edge refreshes the keys as early as without this deploy.
  if (isKept) return { keySets, ...omitUndefined({ bakedAt: baked?.bakedAt }) };
  const now = secondsAtAws(work);
  const same = trust.every(({ alias }) => isDeepStrictEqual(keysIn(baked, alias), keySets[alias]));
  const at = baked?.bakedAt;
  const isFresh = at !== undefined && at <= now && now - at < FRESH_FOR;
  return { keySets, bakedAt: same && isFresh ? at : now };
}

/** Returns the deployed keys of an issuer; `undefined` if it had other addresses. */
function keysOfSame(baked: BakedConfig | undefined, { alias, iss, jwksUri }: TrustedIssuer) {
  const deployed = baked?.issuers?.find((one) => one.alias === alias && one.jwksUri === jwksUri);
  return isDeepStrictEqual(deployed?.iss, iss) ? deployed?.keys : undefined;
}

/**
 * Fetches the key sets of issuers at the same time.
 * @param onFailure returns keys in place of those that are unavailable, or throws
 * @throws {UserError} naming the issuer whose keys are unavailable
 */
export async function fetchKeySets(
  work: StackWork,
  trust: readonly TrustedIssuer[],
  onFailure?: (issuer: TrustedIssuer, error: unknown) => EdgeIssuer['keys'],
): Promise<KeySets> {
  if (trust.length === 0) return {};
  const task = `Fetching the keys of ${count(trust.length, 'trusted issuer')}`;
  return asTask(work.context.ui, task, undefined, async () => {
    const keysOf = async (one: TrustedIssuer) => {
      const keys = fetchTrustedKeys(work, one);
      return onFailure === undefined ? keys : keys.catch((error: unknown) => onFailure(one, error));
    };
    const fetching = trust.map(async (one) => [one.alias, await keysOf(one)] as const);
    return Object.fromEntries(await Promise.all(fetching));
  });
}
