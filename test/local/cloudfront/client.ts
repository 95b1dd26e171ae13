import type { Readable } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { Agent, request } from 'undici';
import type { Fixture } from './fixture.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** Sends one request on a new connection that trusts the fixture's authority. */
export async function send(
  fixture: Fixture,
  url: string,
  options: {
    method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'PATCH' | 'OPTIONS' | 'TRACE';
    headers?: Record<string, string | string[]>;
    body?: string | Buffer | Readable;
  } = {},
): Promise<Reply> {
  const agent = new Agent({ connect: { ca: fixture.authority.caPem } });
  try {
    const { method = 'GET', headers = {}, body = null } = options;
    const reply = await request(url, { dispatcher: agent, method, headers, body });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  } finally {
    await agent.destroy();
  }
}

/** Opens a TLS connection on which a test can write any bytes. */
export function rawConnection(fixture: Fixture, url: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: Number(new URL(url).port),
      host: '127.0.0.1',
      ca: fixture.authority.caPem,
    });
    socket.once('secureConnect', () => resolve(socket)).once('error', reject);
  });
}

/** Writes a request unchanged, and returns everything that the edge sends until it closes the connection. */
export async function rawExchange(fixture: Fixture, url: string, text: string): Promise<string> {
  const socket = await rawConnection(fixture, url);
  socket.write(text, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += (chunk as Buffer).toString('latin1');
  return answer;
}
