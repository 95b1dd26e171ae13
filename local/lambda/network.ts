import { Readable } from 'node:stream';
import type { HttpHandler, HttpResponse } from '../wire/http.ts';
import { splitTarget } from '../wire/node-http.ts';
import type { NetworkReply, NetworkRequest } from './messages.ts';

const AWS_HOST = /^[a-z0-9.-]+\.amazonaws\.com$/;
/** Bytes of an answer that a function may get; generous for what a function of its size can hold. */
const BODY_LIMIT = 6 * 1024 * 1024;

/** Answers a request of a function's code: AWS hosts are the embedded services, others are not there. Never rejects. */
export async function reach(network: HttpHandler, request: NetworkRequest): Promise<NetworkReply> {
  const { id, method, host, target, headers, body } = request;
  const unanswered = (code: string, why: string): NetworkReply => {
    return { type: 'unanswered', id, code, message: `connect ${code} ${host}: ${why}` };
  };
  if (!AWS_HOST.test(host)) {
    return unanswered('ECONNREFUSED', 'functions of the embedded Lambda reach hosts of amazonaws.com only');
  }
  const response = await network({
    method,
    ...splitTarget(target),
    headers,
    body: Readable.from([Buffer.from(body, 'base64')]),
  }).catch(() => undefined);
  if (response === undefined) return unanswered('ECONNRESET', 'the embedded service failed');
  const bytes = await readBody(response);
  if (bytes === undefined)
    return unanswered('ECONNRESET', `the answer is longer than ${BODY_LIMIT} bytes or broke off`);
  const answer = { status: response.status, headers: response.headers ?? {} };
  return { type: 'answered', id, ...answer, body: bytes.toString('base64') };
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
    // The function is told of a connection that broke, which is what it would see.
    return undefined;
  }
  return Buffer.concat(chunks);
}
