import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Agent, Dispatcher } from 'undici';
import { requestOnce, requestText } from '../../../cli/network/bounded-requests.ts';
import { networkFailure } from '../../../cli/network/network-failure.ts';
import { listen } from '../../support/serve.ts';
import { IDENTITY, stsClient } from './sts.ts';

test('uses a new connection after the server closed an idle one', async (t) => {
  const used = new Set<Socket>();
  let met = 0;
  const endpoint = await listen(t, (request, response) => {
    const { socket } = request;
    const isGivenUp = used.has(socket);
    used.add(socket);
    request.resume().on('end', () => {
      // What a client sees if it sends on a connection that the server has just closed.
      if (isGivenUp) {
        met += 1;
        socket.end();
      } else response.writeHead(200, { 'content-type': 'text/xml' }).end(IDENTITY);
    });
  });
  const agent = new Agent();
  const client = stsClient(endpoint, agent);
  t.after(() => agent.destroy());
  for (let call = 0; call < 6; call += 1) {
    assert.equal((await client.send(new GetCallerIdentityCommand({}))).Account, '123456789012');
  }
  assert.ok(met > 0, 'a connection was used again');
});

test('cuts an endless response', async (t) => {
  let tellCut = () => {};
  const cut = new Promise<void>((resolve) => {
    tellCut = resolve;
  });
  const endpoint = await listen(t, (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      const chunk = Buffer.alloc(65_536, '<');
      const flood = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', flood);
      };
      response.on('close', tellCut);
      flood();
    });
  });
  const agent = new Agent();
  const client = stsClient(endpoint, agent);
  t.after(() => agent.destroy());
  const error = await client.send(new GetCallerIdentityCommand({})).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.match(networkFailure(error, 'AWS')?.message ?? '', /response is not from AWS/);
  // The client does not wait for the rest.
  await cut;
});

test('sends a silent server two requests, and shows only our own text', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  class Silent extends Dispatcher {
    override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
      asked += 1;
      queueMicrotask(() =>
        handler.onError?.(Object.assign(new Error('silent'), { code: 'UND_ERR_HEADERS_TIMEOUT' })),
      );
      return true;
    }
  }
  const client = stsClient('http://127.0.0.1:1', new Silent(), 8);
  const ended = client.send(new GetCallerIdentityCommand({})).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  let error: unknown;
  void ended.then((thrown) => {
    error = thrown;
  });
  for (let turn = 0; turn < 1000 && error === undefined; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(1000);
  }
  assert.match(networkFailure(error, 'AWS')?.message ?? '', /does not respond/);
  assert.equal(asked, 2);
});

test('ends at an abort or a deadline while a name is looked up or a connection is made', async (t) => {
  const url = 'https://edge.example.com/';
  for (const hangs of [{ lookup: () => {} }, () => {}]) {
    // A look-up, or a connection, that never calls back.
    const agent = new Agent({ connect: hangs });
    t.after(() => agent.destroy());
    const interruption = new AbortController();
    const { signal } = interruption;
    const bounds = { dispatcher: agent, maxBytes: 1000, signal };
    await assert.rejects(requestText(url, { ...bounds, deadlineMs: 10 }), { name: 'TimeoutError' });
    const asked = requestOnce(url, { ...bounds, deadlineMs: 60_000 });
    const called = stsClient(url, agent).send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    setImmediate(() => interruption.abort());
    await assert.rejects(asked, { name: 'AbortError' });
    await assert.rejects(called, { name: 'AbortError' });
  }
});
