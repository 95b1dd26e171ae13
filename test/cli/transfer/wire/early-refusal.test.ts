import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { openDispatcher } from '../../../../cli/network/dispatcher.ts';
import { createSentCredentials } from '../../../../cli/sent-credentials.ts';
import { testContext } from '../../../support/context.ts';
import { ownFolder, tokensOf, upload, withCode } from '../helpers/uploading.ts';

/** Starts a server of raw bytes. Calls `onHead` with each request's head as soon as it arrives, before the body. */
async function rawServer(
  t: NodeTestContext,
  onHead: (head: string, socket: Socket, number: number) => void,
): Promise<string> {
  let number = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      if (text.includes('\r\n\r\n')) return;
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) onHead(text, socket, number++);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function refusal(status: string, error: string): string {
  const body = JSON.stringify({ error, message: `It is ${error}.` });
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

async function bigFile(t: NodeTestContext): Promise<string> {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'big'), '');
  await truncate(join(cwd, 'big'), 64 * 1024 * 1024);
  return cwd;
}

test('reads a 413 during a body, whether the server reads on, closes or resets', async (t) => {
  const cwd = await bigFile(t);
  const endings: Record<string, (socket: Socket) => void> = {
    'listens on': (socket) => socket.resume(),
    'listens no more': (socket) => socket.pause(),
    closes: (socket) => socket.end(),
  };
  for (const [name, ending] of Object.entries(endings)) {
    let requests = 0;
    const url = await rawServer(t, (_head, socket) => {
      requests += 1;
      socket.write(refusal('413 Payload Too Large', 'too_large'));
      ending(socket);
    });
    await assert.rejects(
      upload(t, testContext({ cwd }), url, { files: ['big'] }, { multipart: 'never' }),
      withCode('too_large', /It is too_large/),
      name,
    );
    assert.equal(requests, 1, name);
  }
});

test('sends a renewed token after an early 401', async (t) => {
  const cwd = await bigFile(t);
  const tokens: string[] = [];
  const url = await rawServer(t, (head, socket) => {
    tokens.push(/authorization: Bearer (\w+)/i.exec(head)?.[1] ?? '');
    socket.end(refusal('401 Unauthorized', 'token_expired'));
  });
  await assert.rejects(
    upload(
      t,
      testContext({ cwd }),
      url,
      { files: ['big'] },
      { multipart: 'never', tokens: tokensOf('first', 'second') },
    ),
    withCode('token_refused', /It is token_expired/),
  );
  assert.deepEqual(tokens, ['first', 'second']);
});

test('asks the edge for a refusal that a reset has discarded', async (t) => {
  const cwd = await bigFile(t);
  const swallowing = (wellKnown: (socket: Socket) => void) =>
    rawServer(t, (head, socket) => {
      if (head.startsWith('GET /.well-known/edge-upload ')) wellKnown(socket);
      else socket.resetAndDestroy();
    });
  const unauthorized = await swallowing((socket) => socket.end(refusal('401 Unauthorized', 'token_expired')));
  await assert.rejects(
    upload(
      t,
      testContext({ cwd }),
      unauthorized,
      { files: ['big'] },
      { multipart: 'never', tokens: tokensOf('a', 'b') },
    ),
    withCode('token_refused'),
  );
  const policy = '{"policy":{"maxSize":1000}}';
  const limited = await swallowing((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${policy.length}\r\nconnection: close\r\n\r\n${policy}`),
  );
  await assert.rejects(
    upload(t, testContext({ cwd }), limited, { files: ['big'] }, { multipart: 'never' }),
    withCode('too_large', /1000 bytes/),
  );
});

test('reports a response that is not HTTP as not an edge', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'x');
  const url = await rawServer(t, (_head, socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  await assert.rejects(upload(t, testContext({ cwd }), url, { files: ['f'] }), withCode('not_an_edge'));
});

test('names the proxy whose response is not HTTP, not the edge', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'x');
  const proxy = await rawServer(t, (_head, socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  const dispatcher = openDispatcher({ env: { HTTPS_PROXY: proxy }, sent: createSentCredentials() });
  t.after(() => dispatcher.destroy());
  await assert.rejects(
    upload(t, testContext({ cwd }), 'https://edge.example', { files: ['f'] }, { dispatcher }),
    withCode('unreachable', /^The proxy 127\.0\.0\.1:\d+ cannot be used: its response is not HTTP/),
  );
});
