import type { Context, Result } from '../../context.ts';
import { issuerDocument, writeTrustFile } from '../../trust/trust-file.ts';
import { issuerHeading, ruleSentence } from '../../trust/words.ts';
import type { OperatorArgs } from '../operator.ts';
import { deployedTrust } from './deployed-trust.ts';

export interface TrustListArgs extends OperatorArgs {
  /** Print a file for `trust --file`. */
  readonly yaml?: boolean;
}

/** Prints the issuers that a deployment trusts beside its user pool. */
export async function list(context: Context, { yaml = false, ...args }: TrustListArgs): Promise<Result> {
  const { stackName, issuers } = await deployedTrust(context, args);
  const document = { stackName, issuers: issuers.map(issuerDocument) };
  if (yaml) return { document, text: (await writeTrustFile(issuers)).trimEnd().split('\n') };
  if (issuers.length === 0) {
    return { document, text: [`The deployment ${stackName} trusts no issuer beside its user pool.`] };
  }
  return {
    document,
    text: issuers.flatMap((issuer) => [
      issuerHeading(issuer),
      `  ${issuer.iss.join(' or ')}`,
      ...issuer.rules.map((rule) => `  ${ruleSentence(issuer, rule)}`),
    ]),
  };
}
