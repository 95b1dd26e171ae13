import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { REDIRECT_PATH } from '../../../protocol/sign-in.ts';
import { systemCode, UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import type { Redirect } from '../../trust/presets.ts';
import { type Peer, peerOf } from './peer-user.ts';

/** Listener for the response to one sign-in. */
export interface CallbackServer {
  /** Redirect address, as it is sent to the provider. */
  readonly address: string;
  /**
   * Returns an address of this listener that redirects to `page`: once, or again if the system shows that this user opened
   * it. Other users of the computer can read the command line of the browser, so the address does not contain the state:
   * with it, they could respond to this sign-in in the browser's place.
   */
  leadTo(page: string): string;
  /**
   * Resolves with the address of the first request that has the state of this sign-in. Rejects if the redirecting
   * address is requested again and either request is not known to be this user's: another program may have read the
   * address.
   */
  readonly answered: Promise<URL>;
  close(): Promise<void>;
}

/** Tries for `any` port. The system's choice for IPv4 can be in use for IPv6. */
const TRIES = 5;

/** Maximum milliseconds for a request, so that slow clients do not block a sign-in. */
const REQUEST_MS = 10_000;

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

/** A static page, which repeats nothing of the request. */
const page = (title: string, text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`;

const DONE = page('Back to the terminal', 'You can close this window. The terminal shows the result.');
const STRANGER = page(
  'Not a sign-in of edge-upload',
  'This address accepts only the response of a sign-in in progress.',
);

/**
 * Returns why an address is not the response to a sign-in; `undefined` if it is. Every program on this computer can reach
 * the port, so requests without the state of the sign-in are ignored.
 */
export function mismatchOf({ pathname, searchParams }: URL, state: string): 'path' | 'state' | undefined {
  if (pathname !== REDIRECT_PATH) return 'path';
  return isDeepStrictEqual(searchParams.getAll('state'), [state]) ? undefined : 'state';
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Browsers reach `localhost` by either family. A computer without IPv6 has only one. */
const WITHOUT_IPV6: ReadonlySet<string | undefined> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** Listens on a port with each address of the host. @throws the system's error, with nothing left open */
async function listenOn(listener: RequestListener, host: Redirect['host'], port: number) {
  const servers: Server[] = [];
  const open = async (address: string, wanted: number) => {
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, listener);
    const found = await listen(server, address, wanted);
    servers.push(server);
    return found;
  };
  try {
    const chosen = await open('127.0.0.1', port);
    if (host === 'localhost') {
      await open('::1', chosen).catch((error: unknown) => {
        if (!WITHOUT_IPV6.has(systemCode(error))) throw error;
      });
    }
    return { port: chosen, servers };
  } catch (error) {
    await Promise.all(servers.map(closeServer));
    throw error;
  }
}

async function listenOnOne(listener: RequestListener, { host, ports }: Redirect) {
  const wanted = ports === 'any' ? Array.from({ length: TRIES }, () => 0) : ports;
  for (const port of wanted) {
    try {
      return await listenOn(listener, host, port);
    } catch (error) {
      if (systemCode(error) !== 'EADDRINUSE') throw cannotListen(error);
    }
  }
  throw portsTaken(ports);
}

/**
 * Listens on this computer for the browser's response. Requests without the right state get a 400 and are ignored.
 * @param state random text that the provider sends back
 */
export async function openCallbackServer(redirect: Redirect, state: string): Promise<CallbackServer> {
  let resolve: (url: URL) => void = () => {};
  let reject: (error: UserError) => void = () => {};
  const answered = new Promise<URL>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  let isAnswered = false;
  const startPath = `/start/${randomBytes(32).toString('base64url')}`;
  let startPage: string | undefined;
  /** Peers that were redirected to the page. */
  const started: Peer[] = [];
  /** Redirects to the provider's page, and returns whether it did. */
  const redirects = (request: IncomingMessage, response: ServerResponse): boolean => {
    const peer = peerOf(request.socket);
    if (startPage === undefined || peer === 'another user') return false;
    started.push(peer);
    // Browsers prefetch addresses, and users click twice.
    const isOnce = started.length === 1 || started.every((one) => one === 'same user');
    if (isOnce) response.writeHead(302, { ...PAGE_HEADERS, location: startPage }).end();
    else response.once('close', () => reject(startedTwice()));
    return isOnce;
  };
  const listener: RequestListener = (request, response) => {
    const text = `http://${redirect.host}${request.url ?? ''}`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const defect = url === undefined ? 'path' : mismatchOf(url, state);
    request.resume();
    // The provider redirects the browser to this host name only.
    const isOwn = request.headers.host === `${redirect.host}:${port}` && request.method === 'GET';
    if (isOwn && url?.pathname === startPath && redirects(request, response)) return;
    if (url === undefined || defect !== undefined || !isOwn || isAnswered) {
      response.writeHead(defect === 'path' ? 404 : 400, PAGE_HEADERS).end(STRANGER);
      return;
    }
    isAnswered = true;
    url.port = String(port);
    // The browser receives its page before the port is closed.
    response.once('close', () => resolve(url));
    response.writeHead(200, PAGE_HEADERS).end(DONE);
  };
  const { port, servers } = await listenOnOne(listener, redirect);
  return {
    address: `http://${redirect.host}:${port}${REDIRECT_PATH}`,
    leadTo(page) {
      startPage = page;
      return `http://${redirect.host}:${port}${startPath}`;
    },
    answered,
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

function startedTwice(): UserError {
  return new UserError('sign_in_refused', 'The address of the sign-in was opened twice.', {
    hint: [
      'Another user of this computer may have read it. Sign in again, and open the address yourself:',
      sameCommand`--no-browser`,
    ],
  });
}

function portsTaken(ports: Redirect['ports']): UserError {
  const why = ports === 'any' ? 'no port is free' : `in use: ${ports.join(', ')}`;
  return new UserError('busy', `This computer has no port for the response of the browser (${why}).`, {
    hint: 'End the program that uses it, give another registered port with --callback-port, or add --no-browser.',
  });
}

function cannotListen(cause: unknown): UserError {
  return new UserError(
    'settings',
    `This computer does not let edge-upload listen for the browser (${systemCode(cause) ?? String(cause)}).`,
    {
      hint: 'Add --no-browser to paste the address instead, or --device to sign in on another computer.',
      cause,
    },
  );
}
