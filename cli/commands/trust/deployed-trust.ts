import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Context } from '../../context.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { requireStack } from '../../stack/find-stack.ts';
import { deployedOptions } from '../../stack/options/deployed-options.ts';
import { type OperatorArgs, requireTarget, withStack } from '../operator.ts';

export interface DeployedTrust {
  readonly stackName: string;
  readonly issuers: readonly TrustedIssuer[];
  readonly options: StackOptions;
  /** Host of the distribution. */
  readonly domain?: string;
  readonly pool?: { readonly userPoolId: string; readonly clientId: string };
  /** Where the pool's keys are. */
  readonly cognitoUrl: string;
  readonly local?: LocalCloud;
}

/** Reads what a deployment trusts. */
export async function deployedTrust(context: Context, args: OperatorArgs): Promise<DeployedTrust> {
  return withStack(context, await requireTarget(context, args), args, async (work) => {
    const stack = await requireStack(work);
    const options = await deployedOptions(work, stack);
    const { domain, userPoolId, clientId } = stack.outputs;
    return {
      stackName: work.stackName,
      issuers: options.trust ?? [],
      options,
      ...omitUndefined({ domain, local: work.local }),
      ...(userPoolId === undefined || clientId === undefined ? {} : { pool: { userPoolId, clientId } }),
      cognitoUrl: work.clients.cognitoUrl,
    };
  });
}
