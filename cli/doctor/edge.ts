import type { Dispatcher } from 'undici';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { askCaller, writingText } from '../identity/caller.ts';
import { discover, formatOffset, omitClockWarning, WELL_KNOWN } from '../identity/discovery.ts';
import { loginCommand } from '../identity/sign-in/username.ts';
import { findStoredSession } from '../identity/tokens/find-session.ts';
import { tokenSource } from '../identity/tokens/token-source.ts';
import { isBusy, requestOnce } from '../network/bounded-requests.ts';
import { askHost } from '../network/dispatcher.ts';
import { RESPONDS_INSTEAD } from '../network/network-failure.ts';
import type { Target } from '../settings/target.ts';
import type { Check } from '../stack/checks/check.ts';
import { notRefused, tryWithoutToken } from '../stack/checks/edge-probe.ts';
import { abortUpload, createUpload } from '../transfer/multipart/requests.ts';
import { connectEdge } from '../transfer/wire/edge-client.ts';

/** Signatures and tokens are refused if a clock is off by more. Milliseconds. */
const CLOCK_TOLERANCE_MS = 4 * 60_000;

/** The edge sends its time in whole seconds, and the response takes time to arrive. Milliseconds. */
const CLOCK_RESOLUTION_MS = 2_000;

/** Limits of the response with the edge's time. */
const CLOCK_BOUNDS = { deadlineMs: 15_000, maxBytes: 64 * 1024 };

/** Key of an upload that is aborted at once. No object is stored. */
const PROBE_NAME = '.edge-upload-doctor';

/** Sends a request to the edge over a new connection. */
function asking<T>(
  context: Context,
  { url, deployment }: Target,
  ask: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  return askHost(context, { host: new URL(url).host, local: deployment?.local }, ask);
}

/** Compares this computer's clock with the edge's `Date` header, which has whole seconds. */
function clockCheck(context: Context, target: Target): Check {
  return {
    name: 'clock',
    run: async () => {
      const date = await asking(context, target, async (dispatcher) => {
        const { headers } = await requestOnce(target.url + WELL_KNOWN, {
          dispatcher,
          signal: context.signal,
          ...CLOCK_BOUNDS,
        });
        return headers.date;
      });
      const off = context.now().getTime() - Date.parse(date ?? '');
      if (Number.isNaN(off)) return { skipped: `${new URL(target.url).host} sends no Date header` };
      if (Math.abs(off) < CLOCK_RESOLUTION_MS) return { found: 'in step with the edge' };
      const how = `${formatOffset(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} the edge`;
      if (Math.abs(off) < CLOCK_TOLERANCE_MS) return { found: how };
      throw new UserError('clock', `This computer's clock is ${how}.`, {
        hint: "Set this computer's clock, preferably from the network (NTP).",
      });
    },
  };
}

/** Checks that the edge uses the user pool named by the stack's outputs or the sign-in. */
function descriptionCheck(context: Context, target: Target): Check {
  return {
    name: 'edge',
    run: async () => {
      const { userPoolId, clientId, issuers } = await discover(context, target);
      const known = target.deployment;
      if (known !== undefined && (known.userPoolId !== userPoolId || known.clientId !== clientId)) {
        throw new UserError('not_an_edge', `${target.url} now belongs to another user pool.`, {
          hint: [
            'If that was meant, sign in again. Operators deploy again:',
            loginCommand(target.url),
            command`edge-upload deploy`,
          ],
        });
      }
      const people = issuers.filter(({ kind }) => kind === 'people').map(({ alias }) => alias);
      const pool = userPoolId === undefined ? [] : [`user pool ${userPoolId}`];
      return { found: [new URL(target.url).host, ...pool, ...people].join(', ') };
    },
  };
}

function refusalCheck(context: Context, target: Target): Check {
  return {
    name: 'refused probe',
    run: async () => {
      const status = await asking(context, target, (dispatcher) =>
        tryWithoutToken(target.url, { dispatcher, signal: context.signal }),
      );
      if (status === 401) return { found: 'an upload without a token is refused' };
      const seen = notRefused(status);
      if (isBusy(status)) {
        throw new UserError('unreachable', `The edge cannot respond at the moment: ${seen}.`, {
          hint: 'Run the same command again in a minute.',
        });
      }
      if (status < 200 || status >= 300) {
        throw new UserError('not_an_edge', `Another server responds in place of the edge: ${seen}.`, {
          hint: RESPONDS_INSTEAD,
        });
      }
      throw new UserError('not_an_edge', `The edge does not protect the bucket: ${seen}.`, {
        hint: ['The operator fixes it with:', command`edge-upload deploy`],
      });
    },
  };
}

/** Checks that the edge accepts the stored token, and lets its user start an upload, which is aborted at once. */
function acceptanceChecks(context: Context, target: Target): Check[] {
  let key: string | undefined;
  const tokens = tokenSource(context, target);
  return [
    {
      name: 'token',
      run: async () => {
        // A sign-in is optional, but an existing one must work.
        if (
          (await tokens.origin()).kind === 'kept' &&
          (await findStoredSession(context, target)) === undefined
        ) {
          return { skipped: 'nobody is signed in' };
        }
        const { caller, description } = await askCaller(context, target, tokens);
        const [prefix] = caller.writeTo;
        key = caller.key ?? (prefix === undefined ? undefined : `${prefix}${PROBE_NAME}`);
        return { found: `${caller.username}, can write ${writingText(description.policy, caller)}` };
      },
    },
    {
      name: 'accepted probe',
      run: async () => {
        if (key === undefined) return { skipped: 'nobody with permission to write is signed in' };
        const probe = { key, headers: {} };
        return asking(context, target, async (dispatcher) => {
          const { edge } = connectEdge(context, { url: target.url, dispatcher, tokens });
          const upload = await createUpload(edge, probe, 'crc32');
          await abortUpload(edge, upload);
          return { found: 'an upload was started and aborted' };
        });
      },
    },
  ];
}

export function edgeChecks(context: Context, target: Target): Check[] {
  omitClockWarning(context);
  return [
    descriptionCheck(context, target),
    clockCheck(context, target),
    refusalCheck(context, target),
    ...acceptanceChecks(context, target),
  ];
}
