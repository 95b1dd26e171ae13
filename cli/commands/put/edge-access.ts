import type { Context } from '../../context.ts';
import { type CommandTokens, tokenSource } from '../../identity/tokens/token-source.ts';
import { withDispatcher } from '../../network/dispatcher.ts';
import type { Target } from '../../settings/target.ts';
import { rememberedLimits } from '../../transfer/limits.ts';
import type { UploadContextOptions } from '../../transfer/uploader.ts';
import type { UiEvent } from '../../ui/events.ts';
import { formatDuration, formatMinute } from '../../ui/format.ts';
import type { Ui } from '../../ui/ui.ts';

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

/** The rate of the first seconds is not stable. */
const SETTLED_MS = 10_000;

/**
 * Returns a screen that watches the end of the token. If the token of a job is not renewed, prints until when parts can
 * begin. Warns once if the upload will take longer at its rate.
 */
export async function withTokenEnd(
  { ui, now }: Pick<Context, 'ui' | 'now'>,
  tokens: CommandTokens,
): Promise<Ui> {
  const end = await tokens.endsAt?.();
  if (end === undefined) return ui;
  const left = () => Math.max(0, end.getTime() - now().getTime());
  const origin = await tokens.origin();
  if (origin.kind === 'workload' && left() > 0) {
    const { titleOf } = await import('../../identity/tokens/ci/workload.ts');
    const until = `${formatMinute(end.toISOString())} UTC, for ${formatDuration(left())}`;
    const text = `${titleOf(origin.workload)} does not renew the token: uploads and parts can begin until ${until}.`;
    ui.event({ type: 'note', text });
  }
  let began: number | undefined;
  let warned = false;
  const warnIfLate = (event: UiEvent) => {
    if (warned || event.type !== 'transfer') return;
    began ??= now().getTime();
    const { bytes, totalBytes, rate } = event;
    if (totalBytes === undefined || rate <= 0 || now().getTime() - began < SETTLED_MS) return;
    const needed = ((totalBytes - bytes) / rate) * 1000;
    if (needed <= left()) return;
    warned = true;
    ui.event({
      type: 'warning',
      text: `At this rate the upload takes ${formatDuration(needed)} more, but its token ends in ${formatDuration(left())}. What begins later is refused; with a new token, the same command resumes it.`,
    });
  };
  return {
    ...ui,
    event(event) {
      ui.event(event);
      warnIfLate(event);
    },
  };
}
