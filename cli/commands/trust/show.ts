import type { Context, Result } from '../../context.ts';
import { requireIssuer } from '../../trust/merge-issuer.ts';
import { issuerDocument } from '../../trust/trust-file.ts';
import { issuerLines, setUpLines } from '../../trust/words.ts';
import type { OperatorArgs } from '../operator.ts';
import { deployedTrust } from './deployed-trust.ts';

/** Prints everything about one trusted issuer, and what is set up at its provider. */
export async function show(
  context: Context,
  { alias, ...args }: OperatorArgs & { readonly alias: string },
): Promise<Result> {
  const { stackName, issuers } = await deployedTrust(context, args);
  const issuer = requireIssuer(issuers, alias);
  const { jwksUri } = issuer;
  return {
    document: { stackName, ...issuerDocument(issuer), jwksUri },
    text: [...issuerLines(issuer), '', ...setUpLines(issuer)],
  };
}
