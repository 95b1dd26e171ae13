import { omitUndefined, readFields } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isBusy, NETWORK_SIGN_IN, requestText } from '../network/bounded-requests.ts';
import { askHost } from '../network/dispatcher.ts';
import { isRedirect } from '../network/failures.ts';
import type { Deployment } from '../settings/deployments.ts';
import { count, formatDuration } from '../ui/format.ts';
import { type Caller, type EdgeDescription, readDescription } from './edge-description.ts';
import { loginCommand } from './sign-in/username.ts';
import { hintForRefusal } from './tokens/access-token.ts';

export const WELL_KNOWN = '/.well-known/edge-upload';

const MAX_ANSWER_BYTES = 64 * 1024;
const TIMEOUT_MS = 20_000;

/** A request for the description of an edge. */
export interface Inquiry {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly deployment?: Deployment;
  /** Access token. If set, the edge also returns its user and their permissions. */
  readonly token?: string;
}

/** The edge refused the token. */
export class TokenRefused extends UserError {
  /** Reason in the edge's response. */
  readonly reason: string;

  constructor(host: string, reason: string, url: string) {
    super('token_refused', `${host} does not accept the token: ${reason}.`, {
      hint: hintForRefusal(reason, loginCommand(url)),
    });
    this.reason = reason;
  }
}

interface Seen {
  readonly status: number;
  readonly type: string;
  readonly server: string;
  readonly date: string;
  readonly text: string;
}

/**
 * Requests the description of an edge. It decides where a password proof is sent, so every field is checked.
 * The host is derived from the region and never taken from the response.
 * @throws {UserError} `not_an_edge`, `unreachable`, `tls`; with a token also `token_refused` and `forbidden`.
 */
export async function discover(context: Context, inquiry: Inquiry): Promise<EdgeDescription> {
  return (await describe(context, inquiry)).description;
}

interface Described {
  readonly description: EdgeDescription;
  /** The time at the edge. */
  readonly now: Date;
}

async function describe(context: Context, inquiry: Inquiry): Promise<Described> {
  const { host } = new URL(inquiry.url);
  const seen = await fetchDescription(context, inquiry, host);
  const here = context.now();
  const now = timeAtEdge(seen.date) ?? here;
  warnOfClock(context, here.getTime() - now.getTime());
  if (seen.status === 401 && inquiry.token !== undefined) {
    throw new TokenRefused(host, reasonIn(seen.text), inquiry.url);
  }
  if (seen.status === 403 && inquiry.token !== undefined && isRefusal(seen.text))
    throw forbidden(host, seen.text);
  const description = seen.status === 200 ? readDescription(seen.text) : undefined;
  if (description !== undefined) return { description, now };
  throw isOurs(seen.text) ? otherVersion(host) : notAnEdge(host, seen);
}

/** Requests the description of an edge with the signed-in user. */
export async function discoverCaller(
  context: Context,
  inquiry: Inquiry & { readonly token: string },
): Promise<Described & { readonly caller: Caller }> {
  const { description, now } = await describe(context, inquiry);
  if (description.caller === undefined) {
    throw new UserError(
      'not_an_edge',
      `${new URL(inquiry.url).host} did not identify the owner of the token.`,
      {
        hint: [
          'It may run an older edge function; its operator updates it with:',
          command`edge-upload deploy`,
        ],
      },
    );
  }
  return { description, caller: description.caller, now };
}

async function fetchDescription(
  context: Context,
  { url, deployment, token }: Inquiry,
  host: string,
): Promise<Seen> {
  const { signal } = context;
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  const { status, headers, text } = await askHost(context, { host, local: deployment?.local }, (dispatcher) =>
    requestText(url + WELL_KNOWN, {
      dispatcher,
      signal,
      headers: { accept: 'application/json', ...omitUndefined({ authorization }) },
      deadlineMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    }),
  );
  return {
    status,
    type: headers['content-type']?.split(';')[0]?.trim() ?? '',
    server: headers.server ?? '',
    date: headers.date ?? '',
    text,
  };
}

/** Returns the message and code of the edge's error document. */
function reasonIn(text: string): string {
  const { message, error } = readFields(text) ?? {};
  const code = typeof error === 'string' ? error : '';
  if (typeof message !== 'string' || message === '') return code || 'no reason given';
  return code === '' ? message.replace(/\.$/, '') : `${message.replace(/\.$/, '')} (${code})`;
}

/** Returns true for an error document of an edge. */
function isRefusal(text: string): boolean {
  return typeof readFields(text)?.error === 'string';
}

function forbidden(host: string, text: string): UserError {
  return new UserError('forbidden', `${host} allows no uploads with this sign-in: ${reasonIn(text)}.`, {
    hint: 'Ask the operator of the edge for a rule or a group that allows it.',
  });
}

/** Returns true if an unreadable document still identifies itself as that of an edge. */
function isOurs(text: string): boolean {
  return readFields(text)?.service === 'edge-upload';
}

function otherVersion(host: string): UserError {
  return new UserError('not_an_edge', `${host} runs another version of edge-upload.`, {
    hint: [
      'Update the older one. The operator updates the edge, and you update this program:',
      command`edge-upload deploy`,
      '  npm install --global edge-upload',
    ],
  });
}

function notAnEdge(host: string, { status, type, server }: Seen): UserError {
  const what =
    status === 200 ? (type === '' ? 'something else' : `another ${type} document`) : `HTTP ${status}`;
  const by = server === '' ? '' : ` (server: ${server.slice(0, 60)})`;
  if (isBusy(status)) {
    return new UserError('unreachable', `${host} cannot respond at the moment: HTTP ${status}${by}.`, {
      hint: 'Run the same command again in a minute. A new deployment takes a few minutes to be served everywhere.',
    });
  }
  if (status === 403 && /^cloudfront$/i.test(server)) {
    const causes = [
      'A firewall rule or a country restriction of the deployment blocks this network. Try another, or ask the operator.',
    ];
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-403-permission-denied.html
    if (!host.endsWith('.cloudfront.net')) {
      causes.push(
        `Or the deployment does not have the domain ${host} (deploy --domain). A reverse proxy must send CloudFront the domain name of the edge.`,
      );
    }
    return new UserError('forbidden', `CloudFront blocked the request to ${host}: HTTP 403.`, {
      hint: causes,
    });
  }
  // A captive portal responds in place of every host.
  const page = type === 'text/html' || isRedirect(status) || status === NETWORK_SIGN_IN;
  const portal = 'Open any page in a browser: the network may ask for a sign-in first. ';
  return new UserError(
    'not_an_edge',
    `${host} is not an edge of edge-upload: it responded to ${WELL_KNOWN} with ${what}${by}.`,
    { hint: `${page ? portal : ''}Check the address: deploy prints it, and the operator knows it.` },
  );
}

/** With a larger clock difference, Cognito refuses sign-ins and the edge refuses tokens. */
const TOLERANCE_MS = 4 * 60_000;

const DAY_MS = 86_400_000;
const YEAR_MS = 365.2425 * DAY_MS;

/** Formats a clock difference: `4.2 s`, `3h 05m`, `12 days`, `about 5 years`. */
export function formatOffset(milliseconds: number): string {
  if (milliseconds >= YEAR_MS) return `about ${count(Math.round(milliseconds / YEAR_MS), 'year')}`;
  if (milliseconds >= 2 * DAY_MS) return count(Math.round(milliseconds / DAY_MS), 'day');
  return formatDuration(milliseconds);
}

/** Returns the time of a `Date` header; `undefined` without one. */
function timeAtEdge(header: string): Date | undefined {
  const time = Date.parse(header);
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** Environments of commands that have reported the clock. All requests of a command share its environment. */
const reported = new WeakSet<Context['env']>();

/** Omits the warning about the clock in a command that reports the clock itself. */
export function omitClockWarning({ env }: Pick<Context, 'env'>): void {
  reported.add(env);
}

/** Warns once if this computer's clock differs too much from the edge's. @param off milliseconds that it is ahead */
function warnOfClock({ ui, env }: Pick<Context, 'ui' | 'env'>, off: number): void {
  if (Math.abs(off) < TOLERANCE_MS || reported.has(env)) return;
  reported.add(env);
  const how = off > 0 ? 'ahead of' : 'behind';
  ui.event({
    type: 'warning',
    text: `This computer's clock is ${formatOffset(Math.abs(off))} ${how} the edge's. Set it; otherwise a sign-in can be refused.`,
  });
}
