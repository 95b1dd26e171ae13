import type { NetworkReply, NetworkRequest } from '../messages.ts';

export type Outgoing = Omit<NetworkRequest, 'type' | 'id' | 'body'> & { readonly body: Buffer };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request by way of the embedded cloud; rejects with what Node rejects with when no connection can be made. */
export type Ask = (request: Outgoing) => Promise<Answer>;

export interface Network {
  readonly ask: Ask;
  /** Takes the answer to an earlier request. */
  settle(reply: NetworkReply): void;
}

export function createNetwork(send: (request: NetworkRequest) => void): Network {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let last = 0;
  return {
    ask: ({ body, ...request }) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        send({ type: 'request', id: last, ...request, body: body.toString('base64') });
      }),
    settle(reply) {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.type === 'answered') {
        asker?.resolve({ ...reply, body: Buffer.from(reply.body, 'base64') });
      } else {
        asker?.reject(Object.assign(new Error(reply.message), { code: reply.code, syscall: 'connect' }));
      }
    },
  };
}
