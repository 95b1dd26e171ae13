import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { openCallbackServer } from '../../../../cli/identity/oidc/callback-server.ts';
import { openUnknown } from '../../../support/open-unknown.ts';

const PAGE = 'https://login.example/authorize?state=s';

test('redirects the same user to the sign-in page again, and keeps the sign-in open', {
  skip: process.platform !== 'linux' && 'Only Linux says who opens it',
}, async (t) => {
  const server = await openCallbackServer({ host: '127.0.0.1', ports: 'any' }, 's');
  t.after(() => server.close());
  const start = server.leadTo(PAGE);
  for (const _ of ['the browser looks ahead', 'the user clicks', 'the user clicks again']) {
    const { statusCode, headers } = await request(start);
    assert.deepEqual([statusCode, headers.location], [302, PAGE]);
  }
  const answer = await request(`${server.address}?state=s&code=c`);
  assert.equal(answer.statusCode, 200);
  assert.equal((await server.answered).searchParams.get('code'), 'c');
});

test('ends a sign-in whose address an unknown user opens again', async (t) => {
  const server = await openCallbackServer({ host: '127.0.0.1', ports: 'any' }, 's');
  t.after(() => server.close());
  const start = server.leadTo(PAGE);
  assert.equal((await request(start)).statusCode, 302);
  await openUnknown(start);
  await assert.rejects(server.answered, /was opened twice/);
});
