import { call, errorOf } from './bridge.ts';
import { Buffer } from './modules/buffer.ts';

export interface NetworkRequest {
  readonly method: string;
  /** Such as `https://example.com:8443`. */
  readonly origin: string;
  /** Path and query of the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface NetworkResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Asker {
  resolve(response: NetworkResponse): void;
  reject(error: Error): void;
}

/** Requests that wait for their response, by number. */
const waiting = new Map<number, Asker>();
let last = 0;

/** Sends a request through the embedded cloud. Rejects with Node's error for a failed connection. */
export function sendRequest({ body, ...request }: NetworkRequest): Promise<NetworkResponse> {
  const bytes = body.toString('base64');
  return new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    call('request', JSON.stringify({ id: last, ...request, body: bytes }));
  });
}

interface Reply {
  readonly type: 'answered' | 'unanswered';
  readonly id: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Settles an earlier request with its response. */
export function settleRequest(json: string): void {
  const reply = JSON.parse(json) as Reply;
  const asker = waiting.get(reply.id);
  waiting.delete(reply.id);
  if (reply.type === 'answered') asker?.resolve({ ...reply, body: Buffer.from(reply.body, 'base64') });
  else asker?.reject(Object.assign(errorOf(json), { syscall: 'connect' }));
}
