import type { Context, Result } from '../../context.ts';
import { discoverIssuers } from '../../trust/discovery.ts';
import type { IssuerFlags } from '../../trust/make-issuer.ts';
import { mergeIssuer } from '../../trust/merge-issuer.ts';
import { type Provider, readTrustRequest } from '../../trust/providers/read-trust-request.ts';
import type { ApplyArgs } from '../deploy.ts';
import { applyTrust } from './apply.ts';

export type AddArgs = ApplyArgs & IssuerFlags & { readonly typed: Provider };

/** Trusts an issuer, or adds a rule to one that is trusted. */
export function add(context: Context, args: AddArgs): Promise<Result> {
  return applyTrust(context, args, async (trusted, documents) => {
    const request = await readTrustRequest(args.typed, documents);
    return mergeIssuer(trusted, request, args, await discoverIssuers(request.iss, documents));
  });
}
