import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { openCallbackServer } from '../../../../cli/identity/oidc/callback-server.ts';
import { openUnknown } from '../../../support/open-unknown.ts';

const PAGE = 'https://login.example/authorize?state=s';

test('the address of a sign-in leads to its page again for the same user, and the sign-in lasts', {
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

test('a sign-in ends if its address is opened again by somebody unknown', async (t) => {
  const server = await openCallbackServer({ host: '127.0.0.1', ports: 'any' }, 's');
  t.after(() => server.close());
  const start = server.leadTo(PAGE);
  assert.equal((await request(start)).statusCode, 302);
  await openUnknown(start);
  await assert.rejects(server.answered, /was opened twice/);
});
