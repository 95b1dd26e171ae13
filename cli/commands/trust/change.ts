import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readYamlText } from '../../settings/yaml-file.ts';
import { JOB_COMMANDS } from '../../trust/ci-issuers.ts';
import type { TrustFlags } from '../../trust/create-issuer.ts';
import { onlyOwn, setUpLines } from '../../trust/describe-issuer.ts';
import { discoverIssuers, discoverKeySets } from '../../trust/discovery.ts';
import { type Documents, openDocuments } from '../../trust/documents.ts';
import { mergeIssuer, withoutIssuer } from '../../trust/merge-issuer.ts';
import { readTrustRequest, type TypedProvider } from '../../trust/providers/read-trust-request.ts';
import { issuerDocument, readTrustFile } from '../../trust/trust-file.ts';
import { textLines } from '../../ui/shown.ts';
import { type ApplyArgs, applyOptions } from '../deploy.ts';
import { planTrust, type TrustPlan, withTrust } from './plan.ts';

export type AddArgs = ApplyArgs & TrustFlags & { readonly typed: TypedProvider };

/** Trusts an issuer, or adds a rule to one that is trusted. */
export function add(context: Context, args: AddArgs): Promise<Result> {
  return applyTrust(context, args, async ({ trust = [] }, documents) => {
    const request = await readTrustRequest(args.typed, documents);
    return mergeIssuer(trust, request, args, await discoverIssuers(request.iss, documents));
  });
}

export interface RemoveArgs extends ApplyArgs {
  readonly alias: string;
  /** Number of one rule, from 1. */
  readonly rule?: string;
}

/** Removes a trusted issuer, or one of its rules. */
export async function remove(context: Context, { alias, rule, ...args }: RemoveArgs): Promise<Result> {
  if (rule !== undefined && !/^[1-9]\d{0,3}$/.test(rule)) {
    throw new UserError('usage', `Invalid value for --rule: “${rule}”. Use a number that trust show prints.`);
  }
  return applyTrust(context, args, async (previous) =>
    withoutIssuer(previous, alias, rule === undefined ? undefined : Number(rule)),
  );
}

export interface FileArgs extends ApplyArgs {
  readonly file?: string;
  /** A typed word that is not the name of a provider. */
  readonly unknown?: string;
}

/** Trusts exactly the issuers of a file. */
export async function file(context: Context, args: FileArgs): Promise<Result> {
  const { unknown } = args;
  if (args.file === undefined || unknown !== undefined) {
    const problem = unknown === undefined ? '' : `There is no provider “${unknown}”. `;
    throw new UserError('usage', `${problem}Name a provider, or a file of issuers.`, {
      hint: [
        'For example:',
        command`edge-upload trust entra <tenant> --client-id <id>`,
        JOB_COMMANDS.github,
        command`edge-upload trust --file trust.yaml`,
        'To see all providers:',
        command`edge-upload trust --help`,
      ],
    });
  }
  const text = await readYamlText(context, args.file, [
    'Write one:',
    command`edge-upload trust list --yaml > ${args.file}`,
  ]);
  const issuers = await readTrustFile(text, args.file);
  return applyTrust(context, args, (_kept, documents) => discoverKeySets(issuers, documents));
}

type Issuers = readonly TrustedIssuer[];

/** Deploys changed trusted issuers: describes them, asks, and applies the change. */
async function applyTrust(
  context: Context,
  args: ApplyArgs,
  change: (previous: StackOptions, documents: Documents) => Promise<Issuers>,
): Promise<Result> {
  let plan: TrustPlan = { changed: [], keySets: {}, lines: [] };
  let trusted: Issuers = [];
  let wanted: StackOptions = {};
  const result = await applyOptions(context, args, async (previous, work) => {
    trusted = await change(previous, openDocuments(context, work.local !== undefined));
    wanted = withTrust(previous, trusted);
    plan = await planTrust(work, previous, wanted, args);
    return { options: wanted, keySets: plan.keySets };
  });
  const document = { ...result.document, trust: trusted.map(issuerDocument) };
  const { outcome, url } = result.document;
  if (outcome === 'planned') return { document, text: [...plan.lines, ...textLines(result.text ?? [])] };
  if (outcome === 'declined') return { ...result, document };
  return {
    document,
    text: [
      { mark: 'done', text: doneWords(wanted, outcome === 'unchanged') },
      ...(typeof url === 'string' ? [`  ${url}`] : []),
      ...plan.changed.flatMap((issuer) => [
        '',
        ...setUpLines(issuer, typeof url === 'string' ? url : undefined),
      ]),
    ],
  };
}

function doneWords(options: StackOptions, unchanged: boolean): string {
  const { trust = [] } = options;
  const whom = trust.length === 0 ? onlyOwn(options) : trust.map(({ alias }) => alias).join(', ');
  return `The edge trusts ${whom}${unchanged ? '; nothing to change' : ''}.`;
}
