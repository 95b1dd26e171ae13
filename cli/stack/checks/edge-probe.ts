import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import type { UploadPolicy } from '../../../edge/config.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { type EdgeDescription, readDescription } from '../../identity/edge-description.ts';
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
  { url, clientId, policy, trust, local }: EdgeToProbe,
): Promise<string | undefined> {
  const dispatcher = openDispatcher({ env, sent, local });
  try {
    const described = await requestOnce(`${url}/.well-known/edge-upload`, { dispatcher, signal, ...BOUNDS });
    const description = described.status === 200 ? readDescription(described.text) : undefined;
    if (description === undefined) return `its description is answered with status ${described.status}`;
    if (description.clientId !== clientId) return 'it still serves an earlier deployment';
    if (policy !== undefined && !enforces(description.policy, policy))
      return 'it still has its earlier rules';
    if (trust !== undefined && !knows(description.issuers, trust)) return 'it still has its earlier issuers';
    return await guardDefect(url, { dispatcher, signal });
  } catch (error) {
    if (signal.aborted) throw interrupted(SEE_LATER);
    const failure = isUserError(error) ? error : networkFailure(error, new URL(url).host);
    if (failure === undefined) throw error;
    return failure.message.replace(/\.$/, '');
  } finally {
    await dispatcher.destroy();
  }
}

/** Returns why an edge does not protect the bucket: it does not answer an upload without a token with 401. */
export async function guardDefect(
  url: string,
  options: { readonly dispatcher: Dispatcher; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { status } = await requestOnce(`${url}/${PROBE_KEY}`, {
    ...options,
    ...BOUNDS,
    method: 'PUT',
    body: 'x',
  });
  return status === 401 ? undefined : `an upload without a token is answered with status ${status}, not 401`;
}

function enforces(
  described: UploadPolicy,
  { maxSize, writeTo, allowGroups, corsOrigins }: UploadPolicy,
): boolean {
  return (
    described.maxSize === maxSize &&
    described.writeTo === writeTo &&
    isDeepStrictEqual(described.allowGroups, allowGroups) &&
    isDeepStrictEqual(described.corsOrigins, corsOrigins)
  );
}

/** Whether an edge describes the trusted issuers, and no others except the pool. */
function knows(described: EdgeDescription['issuers'], trust: readonly TrustedIssuer[]): boolean {
  const outside = described.filter(({ kind }) => kind !== 'pool');
  return (
    outside.length === trust.length &&
    trust.every(({ alias, iss: [iss], clientId, clientSecretPublic: secret }, at) => {
      const one = outside[at];
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
