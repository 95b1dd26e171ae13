import type { Context } from '../../context.ts';
import { withTokenEnd } from '../../identity/tokens/token-end.ts';
import { tokenSource } from '../../identity/tokens/token-source.ts';
import { withDispatcher } from '../../network/connections.ts';
import type { Target } from '../../settings/target.ts';
import { rememberedLimits } from '../../transfer/limits.ts';
import type { UploadContextOptions } from '../../transfer/upload-context.ts';

type EdgeAccess = Pick<UploadContextOptions, 'url' | 'dispatcher' | 'tokens' | 'limitsMemory'>;

/** Runs uploads with the connections to an edge and the uploader's tokens for it, then closes the connections. */
export async function withEdgeAccess<T>(
  context: Context,
  target: Target,
  work: (context: Context, access: EdgeAccess) => Promise<T>,
): Promise<T> {
  const { env, sent } = context;
  return withDispatcher({ env, sent, local: target.deployment?.local }, async (dispatcher) => {
    const tokens = tokenSource(context, target);
    const limitsMemory = rememberedLimits(context, target, tokens);
    const ui = await withTokenEnd(context, tokens);
    return work({ ...context, ui }, { url: target.url, dispatcher, tokens, limitsMemory });
  });
}
