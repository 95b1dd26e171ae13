import { Readable } from 'node:stream';
import type { HttpHandler, HttpResponse } from '../../wire/http.ts';
import { splitTarget } from '../../wire/node-http.ts';
import type { NetworkReply, NetworkRequest } from '../messages.ts';

const AWS_HOST = /^[a-z0-9.-]+\.amazonaws\.com$/;
const HOST_LIMIT = 255;
/** Limits of a request's target and headers, characters, and of its body, bytes. */
const TARGET_LIMIT = 8192;
const HEADERS_LIMIT = 32 * 1024;
/** Maximum number of concurrent requests of a function's code. */
const REQUEST_LIMIT = 32;
const ANSWER_TIMEOUT_MS = 30_000;
const METHOD = /^[A-Z]{1,16}$/;

/** Largest answer, bytes. */
const BODY_LIMIT = 6 * 1024 * 1024;

/** Answers a request of a function's code. AWS hosts are the embedded services; others are unreachable. Never rejects. */
export async function reach(
  network: HttpHandler,
  request: NetworkRequest,
  underWay = 1,
): Promise<NetworkReply> {
  const { id, method, host, target, headers, body } = request;
  const unanswered = (code: string, why: string): NetworkReply => {
    return { type: 'unanswered', id, code, message: `connect ${code} ${host}: ${why}` };
  };
  if (!isWellFormed(request)) return unanswered('EINVAL', 'the request is malformed or too large');
  if (!AWS_HOST.test(host)) {
    return unanswered('ECONNREFUSED', 'functions of the embedded Lambda reach hosts of amazonaws.com only');
  }
  if (underWay > REQUEST_LIMIT) return unanswered('EMFILE', `${REQUEST_LIMIT} requests are under way`);
  const asked = {
    method,
    ...splitTarget(target),
    headers,
    body: Readable.from([Buffer.from(body, 'base64')]),
  };
  const response = await inTime(network(asked).catch(() => undefined));
  if (response === undefined) return unanswered('ECONNRESET', 'the embedded service failed');
  const bytes = await inTime(readBody(response));
  if (bytes === undefined)
    return unanswered('ECONNRESET', `the answer is longer than ${BODY_LIMIT} bytes or broke off`);
  const answer = { status: response.status, headers: response.headers ?? {} };
  return { type: 'answered', id, ...answer, body: bytes.toString('base64') };
}

/** Whether a request is valid and within the limits. */
function isWellFormed({ method, host, target, headers, body }: NetworkRequest): boolean {
  const isText = (value: unknown, limit: number): value is string =>
    typeof value === 'string' && value.length <= limit;
  const fields = Object.entries(headers);
  return (
    isText(method, 16) &&
    METHOD.test(method) &&
    isText(host, HOST_LIMIT) &&
    isText(target, TARGET_LIMIT) &&
    target.startsWith('/') &&
    isText(body, (BODY_LIMIT * 4) / 3 + 4) &&
    fields.every(([name, value]) => isText(name, HEADERS_LIMIT) && isText(value, HEADERS_LIMIT)) &&
    fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= HEADERS_LIMIT
  );
}

/** Resolves to the result of `work`, or to `undefined` after the time limit. */
function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS).unref();
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
