import { Readable } from 'node:stream';
import type { HttpHandler, HttpResponse } from '../../wire/http.ts';
import { splitTarget } from '../../wire/node-http.ts';
import type { NetworkReply, NetworkRequest } from '../messages.ts';
import { fetchKeySet, type KeySetFault } from './key-sets.ts';

const AWS_HOST = /^[a-z0-9.-]+\.amazonaws\.com$/;
const ORIGIN_LIMIT = 300;
/** Limits of a request's target and headers, characters, and of its body, bytes. */
const TARGET_LIMIT = 8192;
const HEADERS_LIMIT = 32 * 1024;
/** Maximum number of concurrent requests of a function's code. */
const REQUEST_LIMIT = 32;
const ANSWER_TIMEOUT_MS = 30_000;
const METHOD = /^[A-Z]{1,16}$/;

/** Largest response, bytes. */
const BODY_LIMIT = 6 * 1024 * 1024;

/** Hosts that a function's code can reach. */
export interface Reachable {
  /** The embedded services, for hosts of amazonaws.com. */
  readonly network: HttpHandler;
  /** URLs of the key sets that the function is allowed to fetch. */
  readonly keySets: readonly string[];
  /** Returns the fault of the key set at a URL, the embedded Cognito's included. */
  readonly keySetFault: (url: string) => KeySetFault | undefined;
  /** Aborted when the instance ends. */
  readonly signal: AbortSignal;
}

/** Handles a request of a function's code. Everything but the embedded services and the key sets is unreachable. Never rejects. */
export async function reach(
  reachable: Reachable,
  request: NetworkRequest,
  underWay = 1,
  timeout = ANSWER_TIMEOUT_MS,
): Promise<NetworkReply> {
  const { id } = request;
  const unanswered = (code: string, why: string): NetworkReply => {
    return { type: 'unanswered', id, code, message: `connect ${code} ${request.origin}: ${why}` };
  };
  if (!isWellFormed(request)) return unanswered('EINVAL', 'the request is malformed or too large');
  if (underWay > REQUEST_LIMIT) return unanswered('EMFILE', `${REQUEST_LIMIT} requests are under way`);
  const controller = new AbortController();
  const send = destination(reachable, request, controller.signal);
  if (send === undefined) {
    return unanswered(
      'ECONNREFUSED',
      'functions of the embedded Lambda reach hosts of amazonaws.com and the key sets of the issuers only',
    );
  }
  // Not `AbortSignal.any`: Node 20 collects a combined signal while it is awaited, which then never fires.
  const abort = () => controller.abort();
  if (reachable.signal.aborted) abort();
  reachable.signal.addEventListener('abort', abort, { once: true });
  const exchange = async (): Promise<NetworkReply> => {
    const response = await send();
    const bytes = await readBody(response);
    if (bytes === undefined)
      return unanswered('ECONNRESET', `the answer is longer than ${BODY_LIMIT} bytes or broke off`);
    const { status, headers = {} } = response;
    return { type: 'answered', id, status, headers, body: bytes.toString('base64') };
  };
  try {
    return (await inTime(exchange(), timeout)) ?? unanswered('ETIMEDOUT', 'there was no complete answer');
  } catch (error) {
    const { code = 'ECONNRESET', message } = error as NodeJS.ErrnoException;
    return unanswered(code, message);
  } finally {
    reachable.signal.removeEventListener('abort', abort);
    // Closes the connection of a request that ran into the time limit.
    abort();
  }
}

/** Returns a function that sends the request; `undefined` if its destination is not allowed. */
function destination(
  { network, keySets, keySetFault }: Reachable,
  { method, origin, target, headers, body }: NetworkRequest,
  signal: AbortSignal,
): (() => Promise<HttpResponse>) | undefined {
  // Compared as text: no other parser can read another address in it.
  const url = `${origin}${target}`;
  const isKeySet = method === 'GET' && keySets.includes(url);
  if (!isKeySet && !AWS_HOST.test(new URL(origin).hostname)) return undefined;
  const fault = keySetFault(url);
  if (fault !== undefined) return () => faultyAnswer(fault);
  if (isKeySet) return () => fetchKeySet(url, signal);
  const bytes = Readable.from([Buffer.from(body, 'base64')]);
  return () => network({ method, ...splitTarget(target), headers, body: bytes });
}

async function faultyAnswer(fault: KeySetFault): Promise<HttpResponse> {
  if (fault === 'hang') return new Promise(() => {});
  if (fault === 'refuse')
    throw Object.assign(new Error('the connection is refused'), { code: 'ECONNREFUSED' });
  return {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>Welcome</title>',
  };
}

/** Whether a request is valid and within the limits. */
function isWellFormed({ method, origin, target, headers, body }: NetworkRequest): boolean {
  const isText = (value: unknown, limit: number): value is string =>
    typeof value === 'string' && value.length <= limit;
  const fields = Object.entries(headers);
  return (
    isText(method, 16) &&
    METHOD.test(method) &&
    isText(origin, ORIGIN_LIMIT) &&
    URL.canParse(origin) &&
    new URL(origin).origin === origin &&
    isText(target, TARGET_LIMIT) &&
    target.startsWith('/') &&
    isText(body, (BODY_LIMIT * 4) / 3 + 4) &&
    fields.every(([name, value]) => isText(name, HEADERS_LIMIT) && isText(value, HEADERS_LIMIT)) &&
    fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= HEADERS_LIMIT
  );
}

/** Resolves to the result of `work`, or to `undefined` after the time limit, milliseconds. */
function inTime<T>(work: Promise<T>, timeout: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeout).unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function readBody({ body = '' }: HttpResponse): Promise<Buffer | undefined> {
  if (!(body instanceof Readable)) return Buffer.from(body);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > BODY_LIMIT) return undefined;
      chunks.push(bytes);
    }
  } catch {
    // The function sees a broken connection, as it would on AWS.
    return undefined;
  }
  return Buffer.concat(chunks);
}
