import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextInterval } from '../../../../cli/identity/oidc/device-sign-in.ts';

const oauthError = (error: string, status = 400) => Object.assign(new Error(error), { error, status });
const answer = (status: number) => new Error('unexpected', { cause: new Response('', { status }) });

test('polls less often for a provider that demands it or does not respond in time', () => {
  const rows: readonly (readonly [error: Error, seconds: number])[] = [
    [oauthError('authorization_pending'), 5],
    [oauthError('temporarily_unavailable'), 5],
    [oauthError('server_error', 500), 5],
    [answer(503), 5],
    [oauthError('slow_down'), 10],
    [oauthError('rate_limited', 429), 10],
    [answer(429), 10],
    [Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 5],
    [Object.assign(new Error('unknown'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 5],
    [Object.assign(new Error('silent'), { code: 'UND_ERR_CONNECT_TIMEOUT' }), 10],
  ];
  for (const [error, seconds] of rows) {
    assert.equal(nextInterval(5, error), seconds, `${error.message} ${String(error.cause)}`);
  }
  assert.equal(nextInterval(58, oauthError('slow_down')), 60, 'the longest interval');
  for (const error of [oauthError('access_denied'), oauthError('expired_token'), answer(404)]) {
    assert.throws(() => nextInterval(5, error), error);
  }
});
