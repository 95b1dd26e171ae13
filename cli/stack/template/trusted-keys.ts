import { isDeepStrictEqual } from 'node:util';
import type { EdgeIssuer } from '../../../edge/config.ts';
import type { TrustedKeys } from '../../../infra/edge-keys.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import { count } from '../../ui/format.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { bakedConfig, keysIn } from './baked-config.ts';
import { templateIfThere } from './deployed-template.ts';
import { fetchKeySet } from './key-set.ts';

/** Seconds. An edge refreshes key sets that are older. */
const FRESH_FOR = 24 * 60 * 60;

/** Returns the keys of a trusted issuer as it publishes them now, on the internet for an embedded cloud too. */
export async function fetchTrustedKeys(
  { context: { env, sent, signal } }: StackWork,
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
    { env, sent, signal },
  );
}

type KeySets = TrustedKeys['keySets'];

/**
 * Fetches the key sets of all trusted issuers. The time of the bake stays that of the deployed function while the keys are
 * the same and fresh, so that a deploy that changes nothing changes no code.
 * @param fetched key sets, by alias, that are not fetched again
 * @throws {UserError} naming the issuer whose keys are unavailable
 */
export async function trustedKeys(
  work: StackWork,
  { trust = [] }: StackOptions,
  stack: FoundStack | undefined,
  fetched: KeySets = {},
): Promise<TrustedKeys> {
  if (trust.length === 0) return { keySets: {} };
  const others = trust.filter(({ alias }) => !Object.hasOwn(fetched, alias));
  const keySets = { ...fetched, ...(await fetchKeySets(work, others)) };
  const now = Math.floor(work.context.now().getTime() / 1000);
  const template = await templateIfThere(work, stack);
  const baked = template === undefined ? undefined : bakedConfig(template);
  const same = trust.every(({ alias }) => isDeepStrictEqual(keysIn(baked, alias), keySets[alias]));
  const at = baked?.bakedAt;
  const isFresh = at !== undefined && at <= now && now - at < FRESH_FOR;
  return { keySets, bakedAt: same && isFresh ? at : now };
}

/** Fetches the key sets of issuers at the same time. @throws {UserError} naming the issuer whose keys are unavailable */
export async function fetchKeySets(work: StackWork, trust: readonly TrustedIssuer[]): Promise<KeySets> {
  if (trust.length === 0) return {};
  const { ui } = work.context;
  const task = `Fetching the keys of ${count(trust.length, 'trusted issuer')}`;
  ui.event({ type: 'task-started', task });
  try {
    const fetching = trust.map(async (one) => [one.alias, await fetchTrustedKeys(work, one)] as const);
    const keySets = Object.fromEntries(await Promise.all(fetching));
    ui.event({ type: 'task-done', task });
    return keySets;
  } catch (error) {
    ui.event({ type: 'task-failed', task });
    throw error;
  }
}
