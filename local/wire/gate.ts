import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIPv4 } from 'node:net';

/** The requests that a listener of the embedded cloud accepts. */
export interface GateRules {
  readonly scheme: 'http' | 'https';
  /**
   * Lower-case host names other than loopback names, called for each request. They are also accepted without a port, as
   * on AWS: a browser on this port always sends it.
   */
  readonly names?: () => readonly string[];
  /** Set if the service checks `Origin` itself, like a distribution's CORS. */
  readonly anyOrigin?: boolean;
  /** Whether a request from a page of another origin is allowed. Default: none. */
  readonly allowsPage?: (request: PageRequest) => boolean;
  /** Responds to a refused request and closes its connection. */
  readonly refuse: (response: ServerResponse, refusal: GateRefusal) => void;
}

/** A request before its body is read. */
export interface PageRequest {
  readonly method: string;
  /** As sent: a path, or a whole URL. */
  readonly target: string;
  /** Returns all values of a header as sent. */
  readonly header: (name: string) => readonly string[];
}

export interface GateRefusal {
  readonly status: 400 | 403;
  readonly message: string;
}

/** A request listener. `expectsContinue`: the client sends its body after `response.writeContinue()`. */
type Listener = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
/** Names below `localhost`, which S3's virtual hosts need. */
const BELOW_LOCALHOST = /^(?:[a-z0-9_-]+\.)+localhost$/;

/** Whether a URL's lower-case host name is `localhost` or a loopback address. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

/**
 * Puts a listener behind the gate that checks every request to the embedded cloud. Any web page can reach a loopback
 * port, by DNS rebinding or with a cross-site form. A request must therefore be addressed to a loopback name or one of
 * the listener's own, at the listener's port, and must not come from a page of another origin. Node ignores upgrades
 * and closes CONNECT, because nothing handles them.
 */
export function listenBehindGate(server: Server, rules: GateRules, listener: Listener): void {
  const passes = (request: IncomingMessage, response: ServerResponse): boolean => {
    const refusal = gateRefusal(request, rules);
    if (refusal !== undefined) rules.refuse(response, refusal);
    return refusal === undefined;
  };
  server.on('request', (request, response) => {
    if (passes(request, response)) listener(request, response, false);
  });
  server.on('checkContinue', (request, response) => {
    if (passes(request, response)) listener(request, response, true);
  });
  server.on('checkExpectation', (request, response) => {
    if (passes(request, response)) response.writeHead(417, { connection: 'close' }).end();
  });
}

/** Sends a plain response to a refused request. It repeats nothing of the request. */
export function refusePlainly(response: ServerResponse, { status, message }: GateRefusal): void {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  response.writeHead(status, headers).end(`${message}\n`);
}

function gateRefusal(request: IncomingMessage, rules: GateRules): GateRefusal | undefined {
  const port = request.socket.localPort;
  const hosts = valuesOf(request, 'host');
  const target = request.url ?? '';
  const [, scheme, authority] = /^([a-z]+):\/\/([^/?#]*)/i.exec(target) ?? [];
  if (scheme === undefined && !target.startsWith('/')) {
    return { status: 400, message: 'The request target must be a path or a URL of the embedded cloud.' };
  }
  const isOwn = (host: string) => isOwnHost(host.toLowerCase(), port, rules);
  const addressed = authority === undefined || (scheme?.toLowerCase() === rules.scheme && isOwn(authority));
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !isOwn(host) || !addressed) {
    return {
      status: 403,
      message: `The embedded cloud answers only requests that are addressed to it. Use ${rules.scheme}://127.0.0.1:${port}`,
    };
  }
  if (rules.anyOrigin === true || !isCrossOrigin(request, host.toLowerCase(), rules)) return undefined;
  const header = (name: string) => valuesOf(request, name);
  if (rules.allowsPage?.({ method: request.method ?? '', target, header }) !== true) {
    return { status: 403, message: 'The embedded cloud does not answer web pages of other origins.' };
  }
  return undefined;
}

function isOwnHost(host: string, port: number | undefined, { scheme, names }: GateRules): boolean {
  const [, name = '', given] = /^(\[::1\]|[^:@[\]]+)(?::(\d+))?$/.exec(host) ?? [];
  const isOurPort = (given ?? String(DEFAULT_PORTS[scheme])) === String(port);
  if (names?.().includes(name)) return isOurPort || given === undefined;
  return isOurPort && (isLoopback(name) || BELOW_LOCALHOST.test(name));
}

/** Whether a request comes from a page of another origin. Pages that cannot set headers still send one of these two. */
function isCrossOrigin(request: IncomingMessage, host: string, { scheme }: GateRules): boolean {
  const own = new URL(`${scheme}://${host}`).origin;
  return (
    valuesOf(request, 'origin').some((origin) => origin.toLowerCase() !== own) ||
    valuesOf(request, 'sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none')
  );
}

/** Returns all values as sent. Node's own headers omit repeated ones. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
