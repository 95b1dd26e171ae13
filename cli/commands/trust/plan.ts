import { isDeepStrictEqual } from 'node:util';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import type { StackWork } from '../../stack/find-stack.ts';
import { requireDeployable } from '../../stack/options/deployed-options.ts';
import { fetchKeySets } from '../../stack/template/key-sets.ts';
import { claimWarnings, openRuleWarnings } from '../../trust/claim-warnings.ts';
import { issuerLines } from '../../trust/describe-issuer.ts';
import { poolWarnings } from '../../trust/safety.ts';
import type { TextLine } from '../../ui/shown.ts';

/** A planned change of the trusted issuers. */
export interface TrustPlan {
  /** New issuers, and those whose rules change. */
  readonly changed: readonly TrustedIssuer[];
  /** The keys in the plan, which are those that are deployed. */
  readonly keySets: TrustedKeys['keySets'];
  readonly lines: readonly TextLine[];
}

/** Returns options with other issuers. */
export function withTrust(
  { trust: _, ...others }: StackOptions,
  trust: readonly TrustedIssuer[],
): StackOptions {
  return trust.length === 0 ? others : { ...others, trust };
}

/**
 * Fetches the keys of new and changed issuers, and describes which callers become trusted and which are removed.
 * @throws {UserError} before anything is fetched, for options that cannot be deployed
 */
export async function planTrust(
  work: StackWork,
  { trust: before = [] }: StackOptions,
  options: StackOptions,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<TrustPlan> {
  requireDeployable(options);
  const { ui } = work.context;
  const { trust: after = [] } = options;
  const removed = before.filter(({ alias }) => !after.some((one) => one.alias === alias));
  const changed = after.filter((issuer) => !before.some((one) => isDeepStrictEqual(one, issuer)));
  const keySets = await fetchKeySets(work, changed);
  const lines = [
    ...removed.map(({ alias, iss }) => `${alias} is no longer trusted: ${iss.join(' or ')}`),
    ...changed.flatMap((issuer) => issuerLines(issuer, keySets[issuer.alias])),
  ];
  if (!dryRun && lines.length > 0) ui.event({ type: 'note', text: lines });
  const ofIssuer = (issuer: TrustedIssuer) => {
    const known = before.find(({ alias }) => alias === issuer.alias);
    return [...claimWarnings(issuer), ...openRuleWarnings(known, issuer)];
  };
  for (const text of [...changed.flatMap(ofIssuer), ...poolWarnings(changed, options)]) {
    ui.event({ type: 'warning', text });
  }
  return { changed, keySets, lines };
}
