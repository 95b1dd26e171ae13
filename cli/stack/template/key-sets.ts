import { isDeepStrictEqual } from 'node:util';
import type { BakedConfig, EdgeIssuer } from '../../../edge/config.ts';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { isUserError } from '../../errors.ts';
import { asTask } from '../../ui/create.ts';
import { count } from '../../ui/format.ts';
import { secondsAtAws } from '../aws-calls.ts';
import type { StackWork } from '../find-stack.ts';
import { bakedConfig, fetchKeySet } from './template.ts';

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

/** Returns the keys of trusted issuers, and the signing keys, as they are baked. */
export function bakedKeys(templateBody: string, { trust = [] }: StackOptions): TrustedKeys {
  const config = bakedConfig(templateBody);
  const keySets = trust.map(({ alias }) => [alias, keysIn(config, alias) ?? []] as const);
  return {
    keySets: Object.fromEntries(keySets),
    ...omitUndefined({ bakedAt: config?.bakedAt, signing: config?.signing?.keys }),
  };
}

/**
 * Fetches the key sets of all trusted issuers. The time of the bake stays that of the deployed function while the keys are
 * the same and fresh, so that a deploy that changes nothing changes no code.
 * @param baked what the deployed function has
 * @throws {UserError} naming the issuer whose keys are unavailable
 */
export async function trustedKeys(
  work: StackWork,
  trust: readonly TrustedIssuer[],
  baked: BakedConfig | undefined,
  { fetched = {}, keepsDeployed = false }: TrustedKeysOptions = {},
): Promise<TrustedKeys> {
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
