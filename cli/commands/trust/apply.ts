import { isDeepStrictEqual } from 'node:util';
import type { TrustedKeys } from '../../../infra/edge-keys.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Context, Result } from '../../context.ts';
import { requireDeployable } from '../../stack/options/require-deployable.ts';
import { fetchKeySets } from '../../stack/template/trusted-keys.ts';
import { claimWarnings } from '../../trust/claim-warnings.ts';
import { type Documents, openDocuments } from '../../trust/documents.ts';
import { poolWarnings } from '../../trust/safety.ts';
import { issuerDocument } from '../../trust/trust-document.ts';
import { issuerLines, setUpLines } from '../../trust/words.ts';
import { type TextLine, textLines } from '../../ui/shown.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';

type Issuers = readonly TrustedIssuer[];

/** Deploys with other trusted issuers: shows them in words, asks, and applies the change. */
export async function applyTrust(
  context: Context,
  args: ApplyArgs,
  change: (kept: Issuers, documents: Documents) => Promise<Issuers>,
): Promise<Result> {
  const { ui } = context;
  let plan: readonly TextLine[] = [];
  let changed: Issuers = [];
  let trusted: Issuers = [];
  const result = await applyOptions(context, args, async (kept, work) => {
    const { trust: before = [], ...others } = kept;
    trusted = await change(before, openDocuments(context, work.local !== undefined));
    const options = trusted.length === 0 ? others : { ...others, trust: trusted };
    // Before keys are fetched and the plan is shown.
    requireDeployable(options);
    changed = trusted.filter((issuer) => !before.some((one) => isDeepStrictEqual(one, issuer)));
    const keySets = await fetchKeySets(work, changed);
    plan = planLines(before, trusted, changed, keySets);
    if (args.dryRun !== true && plan.length > 0) ui.event({ type: 'note', text: plan });
    for (const issuer of changed) {
      for (const text of [...claimWarnings(issuer), ...poolWarnings(issuer, options)]) {
        ui.event({ type: 'warning', text });
      }
    }
    // The keys that the plan shows are those that are deployed.
    return { options, keySets };
  });
  const document = { ...result.document, trust: trusted.map(issuerDocument) };
  const { outcome, url } = result.document;
  if (outcome === 'planned') return { document, text: [...plan, ...textLines(result.text ?? [])] };
  if (outcome === 'declined') return { ...result, document };
  return {
    document,
    text: [
      { mark: 'done', text: doneWords(trusted, outcome === 'unchanged') },
      `  ${String(url)}`,
      ...changed.flatMap((issuer) => ['', ...setUpLines(issuer)]),
    ],
  };
}

function doneWords(trusted: Issuers, unchanged: boolean): string {
  const aliases = trusted.map(({ alias }) => alias);
  const whom = aliases.length === 0 ? 'no issuer beside its user pool' : aliases.join(', ');
  return `The edge trusts ${whom}${unchanged ? '; nothing to change' : ''}.`;
}

function planLines(
  before: Issuers,
  after: Issuers,
  changed: Issuers,
  keySets: TrustedKeys['keySets'],
): readonly TextLine[] {
  const removed = before.filter(({ alias }) => !after.some((one) => one.alias === alias));
  return [
    ...removed.map(({ alias, iss }) => `${alias} is no longer trusted: ${iss.join(' or ')}`),
    ...changed.flatMap((issuer) => issuerLines(issuer, keySets[issuer.alias])),
  ];
}
