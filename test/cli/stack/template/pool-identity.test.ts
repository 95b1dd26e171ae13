import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isUserError } from '../../../../cli/errors.ts';
import { poolIdentity } from '../../../../cli/stack/template/pool-identity.ts';

const KEY = { kty: 'RSA', kid: 'k', alg: 'RS256', use: 'sig', n: 'n'.repeat(342), e: 'AQAB' };
const POOL = { userPoolId: 'us-east-1_Abc', clientId: 'c1' };

/** The keys of a pool whose document is what `answer` writes. */
async function keysOf(
  t: TestContext,
  answer: (response: ServerResponse, asked: number) => void,
  signal = new AbortController().signal,
) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    answer(response, asked);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const cognitoUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = await poolIdentity(POOL, { cognitoUrl, env: {}, signal });
  return { keys: identity?.jwks.keys, asked };
}

test('only keys that verify access tokens are baked in, with nothing else of them', async (t) => {
  const keys = [
    { ...KEY, x5c: ['private'], d: 'private' },
    ...[
      { ...KEY, use: 'enc' },
      { ...KEY, alg: 'HS256' },
      { ...KEY, n: 'a b' },
      { ...KEY, kid: 7 },
      null,
      'k',
    ],
  ];
  const found = await keysOf(t, (response) => response.end(JSON.stringify({ keys })));
  assert.deepEqual(found, { keys: [KEY], asked: 1 });
});

test('a document that is no key set is asked for again', async (t) => {
  const odd = ['<html>', '{"keys":[]}', '{"keys":{}}', '[]', 'x'.repeat(70_000)];
  for (const document of odd) {
    const { keys, asked } = await keysOf(t, (response, asked) =>
      response.end(asked === 1 ? document : JSON.stringify({ keys: [KEY] })),
    );
    assert.deepEqual([keys, asked], [[KEY], 2], document.slice(0, 20));
  }
});

test('an endless answer is cut, and Ctrl-C ends the wait', async (t) => {
  const interrupt = new AbortController();
  const endless = keysOf(
    t,
    (response, asked) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
      if (asked === 2) interrupt.abort();
    },
    interrupt.signal,
  );
  await assert.rejects(endless, (error) => isUserError(error) && error.code === 'interrupted');
});
