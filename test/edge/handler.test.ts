import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHandler, type HandlerContext } from '../../edge/handler.ts';
import { REFUSALS } from '../../edge/refusal.ts';
import { createVerify } from '../../edge/token/verify.ts';
import { viewerDecision } from '../../local/cloudfront/data-plane/function/viewer-result.ts';
import { accessToken, config } from './support/pool.ts';
import { readResponse, type Sent, viewerEvent } from './support/viewer.ts';

function handling(changes: Partial<HandlerContext> = {}) {
  const log: string[] = [];
  const handler = createHandler({
    config: config(),
    verify: createVerify(config()),
    log: (line) => log.push(line),
    ...changes,
  });
  return { handler, log };
}

async function answerTo(sent: Sent, { handler } = handling()) {
  return readResponse(await handler(viewerEvent(sent)));
}

test('accepts a valid token with and without Bearer, in any case', async () => {
  const token = accessToken();
  const { handler, log } = handling();
  for (const value of [token, `Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}  `]) {
    const event = viewerEvent({ headers: [`Authorization: ${value}`] });
    const request = event.Records[0].cf.request;
    assert.deepEqual(await handler(event), {
      ...request,
      headers: {
        host: request.headers.host,
        'content-length': request.headers['content-length'],
        'x-amz-meta-uploaded-by': [{ key: 'x-amz-meta-uploaded-by', value: 'ada' }],
      },
    });
  }
  assert.deepEqual(log, []);
});

test('answers 401 without a token, and with more than one', async () => {
  const token = accessToken();
  const rows: readonly (readonly [headers: readonly string[], error: string, challenge: string])[] = [
    [[], 'missing_token', 'Bearer realm="edge-upload"'],
    [['Authorization: '], 'missing_token', 'Bearer realm="edge-upload"'],
    [['Authorization: Bearer'], 'missing_token', 'Bearer realm="edge-upload"'],
    [['Authorization: Bearer  '], 'missing_token', 'Bearer realm="edge-upload"'],
    [
      [`Authorization: ${token}`, `Authorization: ${token}`],
      'invalid_token',
      'Bearer error="invalid_token", error_description="The request has more than one Authorization header."',
    ],
    [
      ['Authorization: Bearer garbage'],
      'invalid_token',
      'Bearer error="invalid_token", error_description="The token is not a well-formed JWT."',
    ],
  ];
  for (const [headers, error, challenge] of rows) {
    const answer = await answerTo({ headers });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error, error);
    assert.equal(typeof answer.body.message, 'string');
    assert.deepEqual(answer.headers, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'www-authenticate': challenge,
    });
  }
});

test('returns the description to everybody, except with an invalid token', async () => {
  const described = { method: 'GET', target: '/.well-known/edge-upload' };
  const stranger = await answerTo(described);
  assert.deepEqual(
    [stranger.status, stranger.body.service, stranger.body.caller],
    [200, 'edge-upload', undefined],
  );
  assert.equal(stranger.headers['cache-control'], 'no-store');
  const known = await answerTo({ ...described, headers: [`Authorization: ${accessToken()}`] });
  assert.equal((known.body.caller as { username: string }).username, 'ada');
  const bad = await answerTo({ ...described, headers: ['Authorization: garbage'] });
  assert.deepEqual([bad.status, bad.body.error], [401, 'invalid_token']);
});

test('returns only responses that CloudFront accepts', async () => {
  const { handler } = handling();
  for (const sent of [
    {},
    { method: 'GET' },
    { target: '/' },
    { headers: [`Authorization: ${accessToken()}`] },
  ]) {
    const event = viewerEvent(sent);
    viewerDecision({ outcome: 'returned', value: await handler(event) }, event.Records[0].cf.request);
  }
});

test('refuses an event that is not a viewer request', async () => {
  const event = viewerEvent({ headers: [`Authorization: ${accessToken()}`] });
  const [{ cf }] = event.Records;
  const unreadable = Object.defineProperty({}, 'Records', {
    get: () => {
      throw new Error('no');
    },
  });
  const events = [
    ...[
      undefined,
      null,
      0,
      '',
      'event',
      [],
      {},
      { Records: null },
      { Records: [] },
      { Records: [{}] },
      unreadable,
    ],
    { Records: [{ cf: { ...cf, config: { ...cf.config, eventType: 'origin-request' } } }] },
    { Records: [{ cf: { config: cf.config } }] },
    { Records: [{ cf: { ...cf, request: { ...cf.request, clientIp: 7 } } }] },
    ...['method', 'uri', 'querystring', 'headers'].flatMap((field) =>
      [undefined, null, 1].map((value) => ({
        Records: [{ cf: { ...cf, request: { ...cf.request, [field]: value } } }],
      })),
    ),
    ...[
      { authorization: 'x' },
      { authorization: [null] },
      { authorization: [{}] },
      { host: [{ value: 1 }] },
      { host: [{ key: 1, value: 'x' }] },
      { 'x-amz-meta-a': [{ key: 'x-amz-acl', value: 'public-read' }] },
      { 'X-Amz-Meta-A': [{ key: 'X-Amz-Meta-A', value: 'x' }] },
      { host: { 0: { value: 'x' }, length: 1 } },
    ].map((headers) => ({ Records: [{ cf: { ...cf, request: { ...cf.request, headers } } }] })),
  ];
  for (const odd of events) {
    const { handler, log } = handling();
    const answer = readResponse(await handler(odd));
    assert.deepEqual([answer.status, answer.body.error], [500, 'internal']);
    assert.equal(log.length, 1);
  }
});

test('does not forward unknown members of an event', async () => {
  const event = viewerEvent({ headers: [`Authorization: ${accessToken()}`, 'x-amz-meta-a: b'] });
  const [{ cf }] = event.Records;
  const known = await handling().handler(event);
  const extra = {
    ...cf.request,
    body: { action: 'replace', data: 'eA==', encoding: 'base64' },
    origin: { custom: { domainName: 'evil.example' } },
    status: '200',
    extra: 1,
    headers: Object.fromEntries(
      Object.entries(cf.request.headers).map(([name, entries]) => [
        name,
        entries.map((entry) => ({ ...entry, multiValue: ['x'], extra: 1 })),
      ]),
    ),
  };
  assert.deepEqual(await handling().handler({ Records: [{ cf: { ...cf, request: extra } }] }), known);
});

test('refuses a request at a fault, and logs only the fault’s name', async () => {
  const verify = async () => {
    throw new TypeError('eyJhbGciOi… is not good');
  };
  const { handler, log } = handling({ verify });
  const answer = readResponse(await handler(viewerEvent({ headers: ['Authorization: eyJhbGciOi'] })));
  assert.deepEqual([answer.status, answer.body.error], [500, 'internal']);
  assert.deepEqual(
    log.map((line) => JSON.parse(line)),
    [
      {
        edge: 'refused',
        requestId: 'request-1',
        status: 500,
        code: 'internal',
        method: 'PUT',
        uriLength: 10,
        fault: 'TypeError',
      },
    ],
  );
});

test('logs a refusal in one line, without any part of a token', async () => {
  const token = accessToken({ exp: 1 });
  const { handler, log } = handling();
  const sents: readonly Sent[] = [
    { headers: [`Authorization: Bearer ${token}`] },
    { target: `/${token}?${token}` },
    { target: `/${token}//` },
    { method: token },
    { headers: [`Authorization: ${token}`, `Authorization: ${token}`, `x-amz-meta-token: ${token}`] },
  ];
  for (const sent of sents) await handler(viewerEvent(sent));
  assert.equal(log.length, sents.length);
  for (const line of log) {
    assert.ok(!line.includes('\n'));
    for (const part of token.split('.')) assert.ok(!line.includes(part.slice(0, 12)), line);
    const { code, status } = JSON.parse(line) as { code: keyof typeof REFUSALS; status: number };
    assert.equal(status, REFUSALS[code]);
  }
  assert.deepEqual(JSON.parse(log[0] ?? ''), {
    edge: 'refused',
    requestId: 'request-1',
    status: 401,
    code: 'token_expired',
    method: 'PUT',
    uriLength: 10,
  });
});
