import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import type { UploadPolicy } from '../../../edge/config.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import { type Fields, fieldsOf, readFields } from '../../../protocol/fields.ts';
import { IDP_ALIAS } from '../../../protocol/issuer.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { requestOnce } from '../../network/bounded-requests.ts';
import { pause } from '../../network/cancellation.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import { networkFailure } from '../../network/network-failure.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { formatDuration } from '../../ui/format.ts';

export interface EdgeToProbe {
  /** `https://<host>[:port]` */
  readonly url: string;
  /** App client of the user pool; absent for a deployment without one. */
  readonly clientId?: string;
  /** The policy that the edge must enforce, if known. After a deploy, it uses the old one for some minutes. */
  readonly policy?: UploadPolicy;
  /** The issuers other than the pool that the edge must trust, if known. */
  readonly trust?: readonly TrustedIssuer[];
  readonly local?: LocalCloud;
}

/** Milliseconds. The name of a new distribution resolves some minutes after the stack is complete. */
const PATIENCE_MS = 20 * 60_000;
const AWS_INTERVAL_MS = 5_000;
const LOCAL_INTERVAL_MS = 100;

/** Limits of each response, from connecting to the last byte. */
const BOUNDS = { deadlineMs: 15_000, maxBytes: 64 * 1024 };

/** A key that is never stored, because the request has no token. */
const PROBE_KEY = 'edge-upload-probe';

const SEE_LATER = [
  'The stack is deployed. Check later whether its edge serves:',
  command`edge-upload doctor`,
];

/** Returns why an edge does not work correctly; `undefined` if it does. */
async function edgeDefect(
  { env, sent, signal }: Pick<Context, 'env' | 'sent' | 'signal'>,
  edge: EdgeToProbe,
): Promise<string | undefined> {
  const { url, local } = edge;
  const dispatcher = openDispatcher({ env, sent, local });
  try {
    const described = await requestOnce(`${url}/.well-known/edge-upload`, { dispatcher, signal, ...BOUNDS });
    const description = described.status === 200 ? readFields(described.text) : undefined;
    if (description?.service !== 'edge-upload')
      return `its description could not be read (status ${described.status})`;
    const defect = descriptionDefect(description, edge);
    if (defect !== undefined) return defect;
    const status = await tryWithoutToken(url, { dispatcher, signal });
    return status === 401 ? undefined : notRefused(status);
  } catch (error) {
    if (signal.aborted) throw interrupted(SEE_LATER);
    const failure = isUserError(error) ? error : networkFailure(error, new URL(url).host);
    if (failure === undefined) throw error;
    return failure.message.replace(/\.$/, '');
  } finally {
    await dispatcher.destroy();
  }
}

/** Returns the status of an upload without a token. An edge that protects its bucket refuses it with 401. */
export async function tryWithoutToken(
  url: string,
  options: { readonly dispatcher: Dispatcher; readonly signal: AbortSignal },
): Promise<number> {
  const { status } = await requestOnce(`${url}/${PROBE_KEY}`, {
    ...options,
    ...BOUNDS,
    method: 'PUT',
    body: 'x',
  });
  return status;
}

export function notRefused(status: number): string {
  return `an upload without a token got status ${status}, not 401`;
}

/** Returns how a description differs from what was deployed. See edge/description.ts. */
function descriptionDefect(
  description: Fields,
  { clientId, policy, trust }: EdgeToProbe,
): string | undefined {
  if (description.clientId !== clientId) return 'it still serves an earlier deployment';
  if (policy !== undefined && !isDeepStrictEqual(description.policy, policy))
    return 'it still has its earlier rules';
  if (trust !== undefined && !describes(description.issuers, trust))
    return 'it still has its earlier issuers';
  return undefined;
}

/** Whether a list of issuers has the trusted ones and no others, except the user pool and its identity provider. */
function describes(issuers: unknown, trust: readonly TrustedIssuer[]): boolean {
  const described = (Array.isArray(issuers) ? issuers : []).map(fieldsOf);
  const trusted = described.filter(({ kind, alias }) => kind !== 'pool' && alias !== IDP_ALIAS);
  return (
    trusted.length === trust.length &&
    trust.every(({ alias, iss: [iss], clientId, clientSecretPublic: secret }, at) => {
      const one = trusted[at];
      const isSame = one?.alias === alias && one.issuer === iss;
      return isSame && one.clientId === clientId && one.clientSecretPublic === secret;
    })
  );
}

/**
 * Waits until the edge serves: it describes itself, and refuses an upload without a token. A stack is complete before
 * its domain name is known everywhere.
 */
export async function edgeServes(
  context: Pick<Context, 'env' | 'now' | 'sent' | 'signal' | 'ui'>,
  edge: EdgeToProbe,
): Promise<void> {
  const { ui, now, signal } = context;
  const task = 'Waiting until the edge serves';
  const since = now().getTime();
  ui.event({ type: 'task-started', task });
  for (;;) {
    const defect = await edgeDefect(context, edge);
    if (defect === undefined) break;
    const waited = now().getTime() - since;
    if (waited > PATIENCE_MS) {
      ui.event({ type: 'task-failed', task, detail: defect });
      throw new UserError(
        'stack_failed',
        `The stack is deployed, but its edge does not serve after ${formatDuration(waited)}: ${defect}.`,
        {
          hint: [
            'CloudFront may need longer. Check again in a few minutes with:',
            command`edge-upload doctor`,
          ],
        },
      );
    }
    ui.event({ type: 'task-progress', task, detail: defect });
    await pause(edge.local === undefined ? AWS_INTERVAL_MS : LOCAL_INTERVAL_MS, signal, SEE_LATER);
  }
  ui.event({ type: 'task-done', task, detail: new URL(edge.url).host });
}
