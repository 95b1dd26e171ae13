import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Context, Result } from '../../context.ts';
import { type Documents, openDocuments } from '../../trust/documents.ts';
import { issuerDocument } from '../../trust/trust-file.ts';
import { setUpLines } from '../../trust/words.ts';
import { textLines } from '../../ui/shown.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { planTrust, type TrustPlan, withTrust } from './plan.ts';

type Issuers = readonly TrustedIssuer[];

/** Deploys with other trusted issuers: shows them in words, asks, and applies the change. */
export async function applyTrust(
  context: Context,
  args: ApplyArgs,
  change: (previous: Issuers, documents: Documents) => Promise<Issuers>,
): Promise<Result> {
  let plan: TrustPlan = { changed: [], keySets: {}, lines: [] };
  let trusted: Issuers = [];
  const result = await applyOptions(context, args, async (previous, work) => {
    trusted = await change(previous.trust ?? [], openDocuments(context, work.local !== undefined));
    const options = withTrust(previous, trusted);
    plan = await planTrust(work, previous, options, args);
    return { options, keySets: plan.keySets };
  });
  const document = { ...result.document, trust: trusted.map(issuerDocument) };
  const { outcome, url } = result.document;
  if (outcome === 'planned') return { document, text: [...plan.lines, ...textLines(result.text ?? [])] };
  if (outcome === 'declined') return { ...result, document };
  return {
    document,
    text: [
      { mark: 'done', text: doneWords(trusted, outcome === 'unchanged') },
      ...(typeof url === 'string' ? [`  ${url}`] : []),
      ...plan.changed.flatMap((issuer) => ['', ...setUpLines(issuer)]),
    ],
  };
}

function doneWords(trusted: Issuers, unchanged: boolean): string {
  const aliases = trusted.map(({ alias }) => alias);
  const whom = aliases.length === 0 ? 'no issuer beside its user pool' : aliases.join(', ');
  return `The edge trusts ${whom}${unchanged ? '; nothing to change' : ''}.`;
}
