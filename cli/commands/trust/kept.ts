import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Context } from '../../context.ts';
import { keptOptions } from '../../stack/options/kept-options.ts';
import { type OperatorArgs, openStack, requireStack, requireTarget } from '../operator.ts';

export interface KeptTrust {
  readonly stackName: string;
  readonly issuers: readonly TrustedIssuer[];
  readonly options: StackOptions;
  /** Host of the distribution. */
  readonly domain?: string;
  readonly pool?: { readonly userPoolId: string; readonly clientId: string };
  readonly isLocal: boolean;
}

/** Reads what a deployment trusts. */
export async function keptTrust(context: Context, args: OperatorArgs): Promise<KeptTrust> {
  const work = await openStack(context, await requireTarget(context, args), args);
  try {
    const stack = await requireStack(work);
    const options = await keptOptions(work, stack);
    const { domain, userPoolId, clientId } = stack.outputs;
    return {
      stackName: work.stackName,
      issuers: options.trust ?? [],
      options,
      ...omitUndefined({ domain }),
      ...(userPoolId === undefined || clientId === undefined ? {} : { pool: { userPoolId, clientId } }),
      isLocal: work.local !== undefined,
    };
  } finally {
    work.clients.close();
  }
}
