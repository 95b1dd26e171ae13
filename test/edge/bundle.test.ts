import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { readKey, uriOf } from '../../edge/key.ts';
import { edgeCode } from '../../infra/edge-code.ts';
import { type EdgeRequest, viewerRequestEvent } from '../../local/cloudfront/viewer-event.ts';
import { viewerDecision } from '../../local/cloudfront/viewer-result.ts';
import { runBundle } from './support/bundle.ts';
import { accessToken, config, signingKey } from './support/pool.ts';
import { readAnswer, viewerEvent } from './support/viewer.ts';

const LIMIT = 32_000;

test('the code is small enough to go inline, with two keys and a policy', () => {
  const { jwk } = signingKey('x'.repeat(44));
  const policy = { maxSize: 5 * 1024 ** 4, writeTo: 'home/{username}/', allowGroups: ['staff', 'crew'] };
  const code = edgeCode({ ...config(policy), jwks: { keys: [jwk, jwk] } });
  assert.ok(Buffer.byteLength(code) < LIMIT, `${Buffer.byteLength(code)} bytes`);
});

test('the handler takes one parameter: Node.js 24 on Lambda refuses three', () => {
  assert.equal(runBundle(config()).handler.length, 1);
});

test('policy text arrives as it was written', async () => {
  const writeTo = '{{resolve:ssm:x}}/\u2028"\\`$`/';
  const { handler } = runBundle(config({ writeTo }));
  const { body } = readAnswer(
    await handler(viewerEvent({ method: 'GET', target: '/.well-known/edge-upload' })),
  );
  assert.deepEqual(body.policy, { writeTo });
  assert.ok(!edgeCode(config({ writeTo })).includes('{{resolve'), 'CloudFormation would resolve it');
});

/** An `https` whose requests end as `end` says, and how many there were. */
function https(end: (request: EventEmitter) => void) {
  const requests: { uri: string; options: { timeout?: number; responseTimeout?: number } }[] = [];
  const request = (uri: string, options: object) => {
    requests.push({ uri, options });
    const emitter = Object.assign(new EventEmitter(), { destroy: () => undefined, end: () => end(emitter) });
    return emitter;
  };
  return { module: { request }, requests };
}

test('an unknown key id makes one bounded try over the network', async () => {
  const { module, requests } = https((request) => request.emit('error', new Error('no route')));
  const { handler } = runBundle(config(), { https: module });
  const event = viewerEvent({ headers: [`Authorization: ${accessToken({}, signingKey('unknown'))}`] });
  for (let tries = 0; tries < 3; tries += 1) {
    const answer = readAnswer(await handler(event));
    assert.deepEqual(
      [answer.status, answer.body.error, answer.headers['retry-after']],
      [503, 'keys_unavailable', '10'],
    );
  }
  assert.equal(requests.length, 1);
  assert.ok((requests[0]?.options.responseTimeout ?? Number.POSITIVE_INFINITY) <= 1500);
});

/** Numerical Recipes' linear congruential generator: the same run every time. */
function dice(seed: number) {
  let state = seed;
  const roll = (sides: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
  const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T;
  return { roll, pick };
}

const ODD = [
  ...[
    undefined,
    null,
    true,
    0,
    -1,
    Number.POSITIVE_INFINITY,
    '',
    ' ',
    '/',
    '\u0000',
    '\ud800',
    'x'.repeat(9000),
    [],
    [[]],
    {},
    [{}],
  ],
  ...[{ value: 'x' }, [{ value: 'x' }], [{ key: 1, value: 'x' }], '__proto__', () => 'x', Symbol('x'), 10n],
];

/** The event with some of its nodes, at any depth, replaced, removed or added. */
function mutate(value: unknown, { roll, pick }: ReturnType<typeof dice>): unknown {
  if (roll(14) === 0) return pick(ODD);
  if (Array.isArray(value)) {
    const mutated = value.map((item) => mutate(item, { roll, pick }));
    return roll(10) === 0 ? [...mutated, pick(ODD)] : mutated;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => roll(20) > 0)
    .map(([name, member]) => [name, mutate(member, { roll, pick })] as const);
  return Object.fromEntries(
    roll(10) === 0 ? [...entries, [String(pick(ODD.slice(0, 12))), pick(ODD)]] : entries,
  );
}

test('whatever the event holds, the function answers, and without a valid token it lets nothing pass', async () => {
  const { handler } = runBundle(config(), {
    https: https((request) => request.emit('error', new Error())).module,
  });
  const { roll, pick } = dice(20261122);
  const bad = ['', 'Bearer', 'garbage', accessToken({ exp: 1 }), accessToken({ client_id: 'other' })];
  let refused = 0;
  for (let run = 0; run < 4000; run += 1) {
    const headers = [`Authorization: ${pick(bad)}`, 'x-amz-meta-a: b', 'Content-Type: text/plain'];
    const event = viewerEvent({
      method: pick(['PUT', 'POST', 'GET']),
      target: pick(['/k', '/k?uploads']),
      headers,
    });
    const answer = (await handler(mutate(event, { roll, pick }))) as Record<string, unknown>;
    const { status } = readAnswer(answer);
    assert.ok(status >= 400 && status <= 503, String(status));
    refused += 1;
  }
  assert.equal(refused, 4000);
});

const CHUNKS = [
  'a',
  '/',
  '..',
  '.',
  '%2e',
  '%2F',
  '%2f',
  '%00',
  '%',
  '%ff',
  '%C3%A9',
  '?',
  '&',
  '=',
  '+',
  '\\',
  ' ',
  '#',
];
const QUERIES = [
  '',
  '',
  'uploads',
  'uploads=',
  'uploadId=U',
  'partNumber=1&uploadId=U',
  'uploadId=%C3',
  'acl',
];
const HEADER_LINES = [
  'Cookie: a=b',
  'x-amz-acl: public-read',
  'x-amz-meta-uploaded-by: x',
  'X-Amz-Meta-__proto__: x',
  '__proto__: x',
  'constructor: x',
  'If-None-Match: *',
  'x-amz-copy-source: /a/b',
  'Content-Length: 3',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Via: 1.1 x',
];
const PASSING = /^(?:host|via|content-length|transfer-encoding|if-none-match|x-amz-meta-.+)$/;

test('whatever a caller asks for, what passes is one of seven operations on the key that was judged', async () => {
  const { handler } = runBundle(config());
  const { roll, pick } = dice(7);
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: roll(most) }, () => pick(from));
  const token = accessToken();
  let passed = 0;
  for (let run = 0; run < 4000; run += 1) {
    const lines = ['Content-Length: 3', ...some(HEADER_LINES, 3)].slice(roll(8) === 0 ? 1 : 0);
    const event = viewerRequestEvent(
      {
        method: pick(['PUT', 'PUT', 'PUT', 'POST', 'GET', 'DELETE', 'HEAD', 'PATCH']),
        path: `/k${some(CHUNKS, 4).join('')}k`,
        query: `${pick(QUERIES)}${roll(3) === 0 ? some(CHUNKS, 3).join('') : ''}`,
        rawHeaders: [`Authorization: ${token}`, 'Host: x', ...lines].flatMap((line) => line.split(': ')),
        clientIp: '203.0.113.178',
      },
      { id: 'E', domainName: 'd' },
      'r',
    );
    const original = event.Records[0].cf.request;
    const value = await handler(event);
    const decision = viewerDecision({ outcome: 'returned', value }, original);
    if (decision.kind === 'respond') continue;
    passed += 1;
    checkForwarded(decision.request, original);
  }
  assert.ok(passed > 200, `only ${passed} of the requests made sense`);
});

function checkForwarded(request: EdgeRequest, original: EdgeRequest): void {
  const key = decodeURIComponent(original.uri.slice(1));
  const query = new URLSearchParams(request.querystring);
  const names = [...query.keys()].sort().join();
  if (request.uri === '/') {
    assert.equal(request.method, 'GET');
    assert.equal(names, 'max-uploads,prefix,uploads');
    assert.equal(query.get('prefix'), key);
    assert.equal(request.headers['x-amz-meta-uploaded-by'], undefined);
    return;
  }
  assert.equal(request.uri, uriOf(key));
  assert.equal(readKey(request.uri), key);
  assert.ok(['', 'uploads', 'partNumber,uploadId', 'uploadId'].includes(names), request.querystring);
  for (const name of Object.keys(request.headers)) assert.match(name, PASSING);
  const stamps = request.headers['x-amz-meta-uploaded-by']?.map(({ value }) => value);
  const makesObject = names === 'uploads' || (names === '' && request.method === 'PUT');
  assert.deepEqual(stamps, makesObject ? ['ada'] : undefined);
}
