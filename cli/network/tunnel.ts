import type { Socket } from 'node:net';
import { type buildConnector, type Dispatcher, Pool } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import type { SentCredentials } from '../sent-credentials.ts';
import { ProxyRefusal, type ProxyServer, ProxyUnreachable } from './proxy.ts';

/** Longest wait for a proxy to connect, in milliseconds. */
const ANSWER_MS = 30_000;

const NEEDS_CREDENTIALS = 407;

/** Statuses of a proxy for an unreachable host or an overloaded proxy. */
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

function refusal(
  { name, variable, authorization }: ProxyServer,
  status: number,
  schemes: string,
): ProxyRefusal {
  if (status !== NEEDS_CREDENTIALS) {
    return new ProxyRefusal(
      name,
      `The proxy ${name} does not connect to that host (HTTP ${status})`,
      (host) => ({
        hint: `Ask the administrator of the proxy to allow ${host}, or name it in NO_PROXY if it needs no proxy.`,
        library: { hint: `Ask the administrator of the proxy to allow ${host}.` },
      }),
    );
  }
  const needsCredentials = (problem: string, hint: string, forLibrary: string) => {
    const texts = { hint, library: { hint: forLibrary } };
    return new ProxyRefusal(name, `The proxy ${name} ${problem}`, () => texts, true);
  };
  if (schemes !== '' && !/\bbasic\b/i.test(schemes)) {
    const offered = new Set(schemes.split(/,\s*/).map((one) => one.split(' ')[0] ?? ''));
    const other = 'a proxy on this computer that signs in, such as cntlm or px.';
    return needsCredentials(
      `asks for a sign-in by ${[...offered].join(' or ')} (HTTP 407), and edge-upload supports only Basic`,
      `Set ${variable} to ${other}`,
      `Pass as “proxy” ${other}`,
    );
  }
  return needsCredentials(
    authorization === undefined
      ? 'asks for a user name and a password (HTTP 407)'
      : 'refuses its user name or password (HTTP 407)',
    `Set them in ${variable}: http://<user>:<password>@${name}`,
    `Set them in the option “proxy”: http://<user>:<password>@${name}`,
  );
}

/** Returns the password in a `Basic` credential. */
function passwordOf(authorization = ''): string {
  const pair = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

/** Opens connections through one proxy. */
export interface Tunnel {
  /**
   * Connects to `host:port` through the proxy.
   * @throws {ProxyRefusal} if the proxy refuses; {@link ProxyUnreachable} for temporary failures
   */
  open(authority: string): Promise<Socket>;
  /** Cancels requests to the proxy; open connections stay. */
  destroy(): void;
}

/** State of a proxy's password, shared by all connections of a command. */
interface Trial {
  /** Settles when the latest attempt to connect succeeds or fails. */
  last?: Promise<unknown>;
  accepted?: boolean;
  refused?: ProxyRefusal;
}

/** By environment, which all dispatchers of a command share; then by proxy and its credentials. */
const trials = new WeakMap<Context['env'], Map<string, Trial>>();

function trialOf(env: Context['env'], { origin, authorization = '' }: ProxyServer): Trial {
  const known = trials.get(env) ?? new Map<string, Trial>();
  trials.set(env, known);
  const trial = known.get(`${origin} ${authorization}`) ?? {};
  known.set(`${origin} ${authorization}`, trial);
  return trial;
}

/**
 * Sends a refused password only once, because directories lock accounts after a few attempts. Until the proxy accepts
 * the password, connections are opened one at a time. After a refusal, no other is opened.
 */
export function openTunnel(
  proxy: ProxyServer,
  connect: buildConnector.connector,
  env: Context['env'],
  sent: SentCredentials,
): Tunnel {
  const trial = trialOf(env, proxy);
  // Without `servername`, TLS uses the name of the proxy instead of the destination.
  const toProxy: buildConnector.connector = ({ servername: _, ...options }, callback) =>
    connect(options, callback);
  const pool = new Pool(proxy.origin, { connect: toProxy, headersTimeout: ANSWER_MS });
  const { authorization, name } = proxy;
  sent.noteAuthorization(authorization);
  sent.note(passwordOf(authorization));

  const attempt = async (authority: string): Promise<Socket> => {
    if (trial.refused !== undefined) throw trial.refused;
    let answer: Dispatcher.ConnectData;
    try {
      answer = await pool.connect({
        path: authority,
        headers: {
          host: authority,
          ...omitUndefined({ 'proxy-authorization': authorization }),
        },
      });
    } catch (error) {
      throw new ProxyUnreachable(name, { cause: error });
    }
    const { statusCode: status, headers, socket } = answer;
    trial.accepted ||= status !== NEEDS_CREDENTIALS;
    if (status >= 200 && status < 300) return socket as Socket;
    socket.on('error', () => {}).destroy();
    if (PASSING_STATUS.has(status)) throw new ProxyUnreachable(name, { status });
    const schemes = [headers['proxy-authenticate'] ?? []].flat().join(', ');
    const error = refusal(proxy, status, schemes);
    if (status === NEEDS_CREDENTIALS) trial.refused = error;
    throw error;
  };

  return {
    async open(authority) {
      if (authorization === undefined || trial.accepted === true) return attempt(authority);
      const inTurn = (trial.last ?? Promise.resolve()).then(() => attempt(authority));
      // The caller of this connection receives its error.
      trial.last = inTurn.catch(() => {});
      return inTurn;
    },
    destroy: () => void pool.destroy(),
  };
}
