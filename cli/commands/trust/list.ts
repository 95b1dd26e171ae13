import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context, Result } from '../../context.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { timeAtAws } from '../../stack/aws-calls.ts';
import { missingPart, requireStack } from '../../stack/find-stack.ts';
import { readOptions } from '../../stack/options/deployed-options.ts';
import { bakedKeys, templateIfThere } from '../../stack/template/template.ts';
import {
  issuerHeading,
  issuerLines,
  onlyOwn,
  ruleSentence,
  setUpLines,
} from '../../trust/describe-issuer.ts';
import { requireIssuer } from '../../trust/merge-issuer.ts';
import { issuerDocument, writeTrustFile } from '../../trust/trust-file.ts';
import { type OperatorArgs, requireTarget, withStack } from '../operator.ts';

export interface DeployedTrust {
  readonly stackName: string;
  readonly issuers: readonly TrustedIssuer[];
  readonly options: StackOptions;
  /** The keys that the edge verifies tokens with until it fetches keys itself. */
  readonly keys: TrustedKeys;
  /** Host of the distribution. */
  readonly domain?: string;
  readonly pool?: { readonly userPoolId: string; readonly clientId: string };
  /** Address of the pool's keys. */
  readonly cognitoUrl: string;
  readonly local?: LocalCloud;
  /** The time at AWS. */
  readonly now: Date;
}

/** Reads the trusted issuers of a deployment. */
export async function deployedTrust(context: Context, args: OperatorArgs): Promise<DeployedTrust> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const stack = await requireStack(work);
    const template = await templateIfThere(work, stack);
    if (template === undefined) throw missingPart(work, stack, 'template');
    const options = readOptions(template);
    const { domain, userPoolId, clientId } = stack.outputs;
    return {
      stackName: work.stackName,
      issuers: options.trust ?? [],
      options,
      keys: bakedKeys(template, options),
      ...omitUndefined({ domain, local: work.local }),
      ...(userPoolId === undefined || clientId === undefined ? {} : { pool: { userPoolId, clientId } }),
      cognitoUrl: work.clients.cognitoUrl,
      now: timeAtAws(work),
    };
  });
}

export interface TrustListArgs extends OperatorArgs {
  /** Print a file for `trust --file`. */
  readonly yaml?: boolean;
}

/** Prints the issuers that a deployment trusts besides its user pool. */
export async function list(context: Context, { yaml = false, ...args }: TrustListArgs): Promise<Result> {
  const { stackName, issuers, options } = await deployedTrust(context, args);
  const document = { stackName, issuers: issuers.map(issuerDocument) };
  if (yaml) return { document, text: (await writeTrustFile(issuers)).trimEnd().split('\n') };
  if (issuers.length === 0)
    return { document, text: `The deployment ${stackName} trusts ${onlyOwn(options)}.` };
  return {
    document,
    text: issuers.flatMap((issuer) => [
      issuerHeading(issuer),
      `  ${issuer.iss.join(' or ')}`,
      ...issuer.rules.map((rule) => `  ${ruleSentence(issuer, rule)}`),
    ]),
  };
}

/** Prints everything about one trusted issuer, and what is set up at its provider. */
export async function show(
  context: Context,
  { alias, ...args }: OperatorArgs & { readonly alias: string },
): Promise<Result> {
  const { stackName, options, domain } = await deployedTrust(context, args);
  const issuer = requireIssuer(options, alias);
  const { jwksUri } = issuer;
  return {
    document: { stackName, ...issuerDocument(issuer), jwksUri },
    text: [...issuerLines(issuer), '', ...setUpLines(issuer, domain && edgeUrl(domain))],
  };
}
