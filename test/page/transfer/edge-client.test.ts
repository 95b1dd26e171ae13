import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEdge, type TokenSource } from '../../../page/transfer/edge-client.ts';
import { type HttpRequest, type HttpResponse, NetworkFailure } from '../../../page/transfer/exchange.ts';
import type { RetryEnvironment } from '../../../page/transfer/retry.ts';

const ORIGIN = 'https://edge.example';
const { signal } = new AbortController();

const AT_ONCE: RetryEnvironment = {
  now: () => 0,
  sleep: async () => {},
  random: () => 0,
  isOffline: () => false,
  online: async () => {},
};

type Reply = (message: HttpRequest) => HttpResponse | NetworkFailure;

const json = (status: number, value: object): HttpResponse => ({
  status,
  text: JSON.stringify(value),
  header: () => undefined,
});
const refused = (status: number, error: string) => json(status, { error, message: '' });
const bearer = ({ headers }: HttpRequest) => headers.authorization?.replace('Bearer ', '');

/** Returns a client of an edge with the given responses, and the requests that the client sent. */
function clientOf(token: TokenSource, reply: Reply) {
  const requests: string[] = [];
  const edge = openEdge(ORIGIN, token, {
    surroundings: AT_ONCE,
    async exchange(message) {
      requests.push(`${message.method} ${message.path} ${bearer(message)}`);
      const answer = reply(message);
      if (answer instanceof NetworkFailure) throw answer;
      return answer;
    },
  });
  const put = (key: string) =>
    edge.request({ method: 'PUT', key, body: new Blob(['four']), signal }, ({ status }) => status);
  return { edge, put, requests };
}

test('renews a refused token once for all requests, and sends them again', async () => {
  const asked: (string | undefined)[] = [];
  const token = async (rejected?: string) => {
    asked.push(rejected);
    return rejected === 'old' ? 'new' : 'old';
  };
  const { put, requests } = clientOf(token, (message) =>
    bearer(message) === 'new' ? json(200, {}) : refused(401, 'token_expired'),
  );
  assert.deepEqual(await Promise.all([put('a b'), put('c')]), [200, 200]);
  assert.deepEqual(asked.filter(Boolean), ['old']);
  assert.deepEqual(requests, ['PUT /a%20b old', 'PUT /c old', 'PUT /a%20b new', 'PUT /c new']);
});

test('asks for another token again while none is available, and reports the refusal if none becomes available', async () => {
  const failing = (failures: number) => {
    let left = failures;
    const token = async (rejected?: string) => {
      if (rejected === undefined) return 'old';
      left -= 1;
      if (left >= 0) throw new Error('unreachable');
      return 'new';
    };
    return clientOf(token, (message) =>
      bearer(message) === 'new' ? json(200, {}) : refused(401, 'token_expired'),
    );
  };
  assert.equal(await failing(2).put('a'), 200);
  await assert.rejects(failing(Number.POSITIVE_INFINITY).put('a'), { code: 'token_expired' });
});

test('does not send the token of a link twice', async () => {
  for (const [error, code] of [
    ['token_revoked', 'token_revoked'],
    ['token_expired', 'token_expired'],
    ['unknown_issuer', 'token_untrusted'],
    ['wrong_audience', 'token_unsuitable'],
  ] as const) {
    const { put, requests } = clientOf(
      async () => 'eul',
      () => refused(401, error),
    );
    await assert.rejects(put('a'), { code, retryable: false });
    assert.equal(requests.length, 1);
  }
});

test('asks the edge after a broken connection whether it refused token or size', async () => {
  const cut = new NetworkFailure('the connection failed');
  const caller = { username: 'link:a', writeTo: ['a'], maxSize: 3 };
  const answers = [
    [json(200, { policy: { maxSize: 9 }, caller }), 'too_large'],
    [refused(401, 'token_revoked'), 'token_revoked'],
  ] as const;
  for (const [description, code] of answers) {
    const { put, requests } = clientOf(
      async () => 'eul',
      ({ method }) => (method === 'GET' ? description : cut),
    );
    await assert.rejects(put('a'), { code });
    assert.deepEqual(requests, ['PUT /a eul', 'GET /.well-known/edge-upload eul']);
  }
});

test('keeps trying while the edge is unreachable, but not if only uploads break', async () => {
  const cut = new NetworkFailure('the connection failed');
  let failures = 100;
  const lost = clientOf(
    async () => 'eul',
    () => {
      failures -= 1;
      return failures >= 0 ? cut : json(200, {});
    },
  );
  assert.equal(await lost.put('a'), 200);
  const { put, requests } = clientOf(
    async () => 'eul',
    ({ method }) => (method === 'GET' ? json(200, { caller: {} }) : cut),
  );
  await assert.rejects(put('a'), { code: 'unreachable' });
  assert.equal(requests.filter((request) => request.startsWith('PUT')).length, 10);
});

test('reports that an existing object may be the caller’s own after a lost response', async () => {
  let tries = 0;
  const { put } = clientOf(
    async () => 'eul',
    ({ method }) => {
      if (method === 'GET') return json(200, { caller: {} });
      tries += 1;
      return tries === 1 ? new NetworkFailure('cut') : refused(412, 'PreconditionFailed');
    },
  );
  await assert.rejects(put('a'), { code: 'exists_maybe_ours' });
});

test('reads the caller and the permissions from one response', async () => {
  const caller = {
    username: 'link:AAAAAAAA',
    writeTo: ['report.pdf'],
    key: 'report.pdf',
    maxSize: 20,
    noClobber: true,
    note: '<b>Q3</b>',
    tokenExpiresAt: '2026-12-05T22:34:00.000Z',
  };
  const described = clientOf(
    async () => 'eul',
    () => json(200, { policy: { maxSize: 10 }, caller }),
  );
  assert.deepEqual(await described.edge.describe(signal), {
    ...caller,
    maxSize: 10,
    tokenExpiresAt: new Date(caller.tokenExpiresAt),
  });
  const foreign = clientOf(
    async () => 'eul',
    () => json(200, { caller: null }),
  );
  await assert.rejects(foreign.edge.describe(signal), { code: 'not_an_edge' });
});
