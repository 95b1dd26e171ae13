import { setMaxListeners } from 'node:events';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { InUse } from '../../../cli/command-line.ts';
import { operatorClients } from '../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import type { StackWork } from '../../../cli/stack/find-stack.ts';
import { printedEvent } from '../../../cli/ui/create.ts';
import type { PrintedEvent, UiEvent } from '../../../cli/ui/events.ts';
import { listen } from '../../support/serve.ts';

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Without the id that AWS gives each response. */
  readonly isForeign?: boolean;
}

/** Returns the context of a stack whose AWS services are one server with any responses. */
export async function workAgainst(
  t: TestContext,
  answer: (body: string, path: string, method: string) => Answer,
) {
  const endpoint = await listen(t, async (request, response) => {
    const {
      status = 200,
      type = 'text/xml',
      headers,
      body,
      isForeign = false,
    } = answer(await text(request), request.url ?? '', request.method ?? '');
    const id = isForeign ? {} : { 'x-amz-request-id': 'R' };
    response.writeHead(status, { 'content-type': type, ...id, ...headers }).end(body);
  });
  return workAt(t, endpoint);
}

/** Returns the context of a stack whose AWS services are at an endpoint. */
export async function workAt(t: TestContext, endpoint: string) {
  const events: PrintedEvent[] = [];
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const interruption = new AbortController();
  const { signal } = interruption;
  // As in bin/main.ts: many simulations run at once.
  setMaxListeners(0, signal);
  const sent = createSentCredentials();
  const clients = await operatorClients({ env, sent, home: '/', execPath: process.execPath }, { signal });
  t.after(() => clients.close());
  const inUse = new InUse({ stackName: 'edge-upload' });
  const ui = { event: (event: UiEvent) => void events.push(printedEvent(event, inUse)) };
  const work = {
    context: { ui, env, sent, now: () => new Date(), signal },
    clients,
    stackName: 'edge-upload',
  } as unknown as StackWork;
  return { work, events, interruption };
}

/** Returns a clock that is minutes later at each look. */
export function clock(minutes: number): () => Date {
  let looks = 0;
  return () => {
    looks += 1;
    return new Date(looks * minutes * 60_000);
  };
}
