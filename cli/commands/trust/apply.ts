import { isDeepStrictEqual } from 'node:util';
import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Context, Result } from '../../context.ts';
import { requireDeployable } from '../../stack/options/require-deployable.ts';
import type { StackWork } from '../../stack/stack-work.ts';
import { fetchTrustedKeys } from '../../stack/template/trusted-keys.ts';
import { type Documents, openDocuments } from '../../trust/documents.ts';
import { poolWarnings } from '../../trust/safety.ts';
import { issuerDocument } from '../../trust/trust-document.ts';
import { issuerLines, setUpLines } from '../../trust/words.ts';
import { type TextLine, textLines } from '../../ui/shown.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';

type Issuers = readonly TrustedIssuer[];

/** Where issuers are looked up. */
export interface Surroundings {
  readonly documents: Documents;
  /** Plain http of this computer is allowed: in the embedded cloud alone. */
  readonly plainLoopback: boolean;
}

/** Deploys with other trusted issuers: shows them in words, asks, and applies the change. */
export async function applyTrust(
  context: Context,
  args: ApplyArgs,
  change: (kept: Issuers, surroundings: Surroundings) => Promise<Issuers>,
): Promise<Result> {
  const { ui } = context;
  let plan: readonly TextLine[] = [];
  let changed: Issuers = [];
  let trusted: Issuers = [];
  const result = await applyOptions(context, args, async (kept, work) => {
    const plainLoopback = work.local !== undefined;
    const documents = openDocuments(context, plainLoopback);
    const { trust: before = [], ...others } = kept;
    trusted = await change(before, { documents, plainLoopback });
    const options = trusted.length === 0 ? others : { ...others, trust: trusted };
    // Before keys are fetched and the plan is shown.
    requireDeployable(options);
    changed = trusted.filter((issuer) => !before.some((one) => isDeepStrictEqual(one, issuer)));
    plan = await planLines(before, trusted, changed, work);
    if (args.dryRun !== true && plan.length > 0) ui.event({ type: 'note', text: plan });
    for (const text of changed.flatMap((issuer) => poolWarnings(issuer, options))) {
      ui.event({ type: 'warning', text });
    }
    return options;
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

async function planLines(
  before: Issuers,
  after: Issuers,
  changed: Issuers,
  work: StackWork,
): Promise<readonly TextLine[]> {
  const removed = before.filter(({ alias }) => !after.some((one) => one.alias === alias));
  const lines: TextLine[] = removed.map(
    ({ alias, iss }) => `${alias} is no longer trusted: ${iss.join(' or ')}`,
  );
  for (const issuer of changed) {
    lines.push(...issuerLines(issuer, await fetchTrustedKeys(work, issuer)));
  }
  return lines;
}
