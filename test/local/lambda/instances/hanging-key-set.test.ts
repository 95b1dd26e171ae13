import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { reach } from '../../../../local/lambda/instances/network.ts';
import { listen } from '../../../support/serve.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HANGING: Record<string, RequestListener> = {
  'never answers': () => {},
  'never ends its response': (_request, response) => void response.writeHead(200).write('{'),
};

for (const [how, listener] of Object.entries(HANGING)) {
  test(`closes the connection to a key-set host that ${how} at the time limit`, async (t) => {
    const { fetching, closed } = await hanging(t, listener, 500);
    const reply = await fetching;
    assert.equal(reply.type === 'unanswered' && reply.code, 'ETIMEDOUT');
    await closed;
  });

  test(`closes the connection to a key-set host that ${how} when the instance ends`, async (t) => {
    const { fetching, closed, instance } = await hanging(t, listener);
    instance.abort();
    assert.equal((await fetching).type, 'unanswered');
    await closed;
  });
}

/** Starts a function's request to a key-set host that receives it but never completes its response. */
async function hanging(t: TestContext, listener: RequestListener, timeout?: number) {
  const server = createServer(listener);
  const origin = await listen(t, server);
  const instance = new AbortController();
  const reachable = {
    network: async () => ({ status: 404 }),
    keySets: [`${origin}/keys`],
    keySetFault: () => undefined,
    signal: instance.signal,
  };
  const request = { id: 1, method: 'GET', origin, target: '/keys', headers: {}, body: '' };
  const received = once(server, 'request');
  const fetching = reach(reachable, request, 1, timeout);
  const [{ socket }] = await received;
  const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
  await new Promise((done) => setImmediate(done));
  collectGarbage();
  return { fetching, closed, instance };
}
