import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Invocation } from '../../../../../local/lambda/messages.ts';
import { send } from '../../client.ts';
import { type Deployed, deploy, type Fixture, openFixture, type ViewerEvent } from '../../fixture.ts';

type EdgeRequest = ViewerEvent['Records'][0]['cf']['request'];

describe("a viewer-request function's result", () => {
  let fixture: Fixture;
  let deployed: Deployed;
  before(async () => {
    fixture = await openFixture();
    deployed = await deploy(fixture);
  });
  after(() => fixture.close());
  beforeEach(() => {
    fixture.asked.length = 0;
  });

  /** Headers of a viewer behind another content delivery network. */
  const HEADERS = { 'x-note': 'n', 'cdn-loop': 'other-cdn', via: '1.1 other-cdn' };
  const put = (path = '/key') =>
    send(fixture, `${deployed.url}${path}`, { method: 'PUT', headers: HEADERS, body: 'abc' });
  const returns = (make: (request: EdgeRequest) => unknown) => {
    fixture.invoke = async (event): Promise<Invocation> => ({
      outcome: 'returned',
      value: make(structuredClone(event.Records[0].cf.request)),
    });
  };

  const invalid: Record<string, (request: EdgeRequest) => unknown> = {
    null: () => null,
    'a string': () => 'ok',
    'an array': () => [],
    'an object that is neither': () => ({ statusCode: 200 }),
    'another method': (request) => ({ ...request, method: 'GET' }),
    'another client address': (request) => ({ ...request, clientIp: '8.8.8.8' }),
    'a body that it was not given': (request) => ({ ...request, body: { action: 'replace', data: '' } }),
    'a URI without its slash': (request) => ({ ...request, uri: 'key' }),
    'a URI with a space': (request) => ({ ...request, uri: '/a b' }),
    'a URI with a query': (request) => ({ ...request, uri: '/a?b' }),
    'a query with a fragment': (request) => ({ ...request, querystring: 'a#b' }),
    'a query that is an object': (request) => ({ ...request, querystring: {} }),
    'a URI and query of 8,192 bytes': (request) => ({ ...request, uri: `/${'a'.repeat(8_191)}` }),
    'no headers of those that are read-only': (request) => ({ ...request, headers: {} }),
    'a changed content-length': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'content-length': [{ value: '4' }] },
    }),
    'a changed host': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, host: [{ value: 'elsewhere' }] },
    }),
    'an added via': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, via: [{ value: 'x' }] },
    }),
    'a cdn-loop taken away': ({ headers: { 'cdn-loop': _, ...headers }, ...request }) => ({
      ...request,
      headers,
    }),
    'a changed cdn-loop': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'cdn-loop': [{ value: 'other' }] },
    }),
    'a via taken away': ({ headers: { via: _, ...headers }, ...request }) => ({ ...request, headers }),
    'an added transfer-encoding': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'transfer-encoding': [{ value: 'chunked' }] },
    }),
    'an added client-cert': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'client-cert': [{ value: 'x' }] },
    }),
    'an added client-cert-chain': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'client-cert-chain': [{ value: 'x' }] },
    }),
    'an added cloudfront-viewer-cert-pem': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'cloudfront-viewer-cert-pem': [{ value: 'x' }] },
    }),
    'an added x-amz-cf-id': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-amz-cf-id': [{ value: 'x' }] },
    }),
    'an added cloudfront-viewer-country': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'cloudfront-viewer-country': [{ value: 'AT' }] },
    }),
    'a header name with capitals': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'X-Note': [{ value: 'x' }] },
    }),
    'headers that are a list': (request) => ({ ...request, headers: [] }),
    'a header entry that is no object': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-note': ['x'] },
    }),
    'a header that is no array': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-note': { value: 'x' } },
    }),
    'a header value that is a number': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-note': [{ value: 1 }] },
    }),
    'a header value with a line break': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-note': [{ value: 'a\r\nx-evil: b' }] },
    }),
    'a header key of another name': ({ headers, ...request }) => ({
      ...request,
      headers: { ...headers, 'x-note': [{ key: 'X-Other', value: 'a' }] },
    }),
    'a status below 200': () => ({ status: '101' }),
    'a status above 599': () => ({ status: '600' }),
    'a status that is a number': () => ({ status: 403 }),
    'a status description with a line break': () => ({ status: '403', statusDescription: 'a\r\nx-evil: b' }),
    'a generated cloudfront-viewer-country': () => ({
      status: '200',
      headers: { 'cloudfront-viewer-country': [{ value: 'AT' }] },
    }),
    '204 with a body': () => ({ status: '204', body: 'x' }),
    'a body that is an object': () => ({ status: '200', body: {} }),
    'a body over 40 KB': () => ({ status: '200', body: 'x'.repeat(40_961) }),
    'headers and body over 40 KB together': () => ({
      status: '200',
      headers: { 'x-note': [{ value: 'y'.repeat(1_000) }] },
      body: 'x'.repeat(40_000),
    }),
    'base64 that is none': () => ({ status: '200', body: '***', bodyEncoding: 'base64' }),
    'an unknown body encoding': () => ({ status: '200', body: 'x', bodyEncoding: 'hex' }),
    'a generated content-length': () => ({ status: '200', headers: { 'content-length': [{ value: '0' }] } }),
    'a generated cdn-loop': () => ({ status: '200', headers: { 'cdn-loop': [{ value: 'x' }] } }),
    'headers over 40 KB': () => ({ status: '200', headers: { 'x-note': [{ value: 'y'.repeat(41_000) }] } }),
    'base64 over 40 KB whose bytes are fewer': () => ({
      status: '200',
      body: 'A'.repeat(41_000),
      bodyEncoding: 'base64',
    }),
    'a generated transfer-encoding': () => ({
      status: '200',
      headers: { 'transfer-encoding': [{ value: 'chunked' }] },
    }),
    'a generated connection': () => ({ status: '200', headers: { connection: [{ value: 'close' }] } }),
    'a generated x-cache': () => ({ status: '200', headers: { 'x-cache': [{ value: 'Hit' }] } }),
  };
  for (const [what, make] of Object.entries(invalid)) {
    it(`is refused with 502 if it is or contains ${what}`, async () => {
      returns(make);
      const reply = await put();
      assert.equal(reply.status, 502);
      assert.equal(reply.headers['x-cache'], 'LambdaValidationError from cloudfront');
      assert.match(
        reply.text,
        /<H1>502 ERROR<\/H1>[\s\S]*The Lambda function re[\s\S]*Generated by cloudfront/,
      );
      assert.equal(fixture.asked.length, 0);
    });
  }

  it('becomes 503 if the function fails, without its message', async () => {
    fixture.invoke = async () => ({ outcome: 'failed', errorType: 'Error', message: 'secret words' });
    const reply = await put();
    assert.equal(reply.status, 503);
    assert.equal(reply.headers['x-cache'], 'LambdaExecutionError from cloudfront');
    assert.doesNotMatch(reply.text, /secret words/);
    assert.equal(fixture.asked.length, 0);
  });

  it('becomes 503 if the function cannot run', async () => {
    fixture.invoke = async () => {
      throw new Error('no worker');
    };
    const reply = await put();
    assert.match(String(fixture.defects.at(-1)), /no worker/);
    assert.equal(reply.status, 503);
    assert.equal(reply.headers['x-cache'], 'LambdaExecutionError from cloudfront');
  });

  it('becomes 503 if the function times out', async () => {
    fixture.invoke = async () => ({ outcome: 'timed-out', seconds: 5 });
    const reply = await put();
    assert.equal(reply.status, 503);
    assert.equal(reply.headers['x-cache'], 'LambdaLimitExceeded from cloudfront');
    assert.equal(fixture.asked.length, 0);
  });

  it('can be a response, which never reaches the origin', async () => {
    returns(() => ({
      status: '401',
      statusDescription: 'Who are you',
      headers: {
        'www-authenticate': [{ key: 'WWW-Authenticate', value: 'Bearer' }, { value: 'Basic' }],
        'content-type': [{ value: 'application/json' }],
      },
      body: '{"error":"ü"}',
    }));
    const reply = await put();
    assert.equal(reply.status, 401);
    assert.equal(reply.text, '{"error":"ü"}');
    assert.deepEqual(reply.headers['www-authenticate'], ['Bearer', 'Basic']);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(reply.headers['content-length'], '14');
    assert.equal(reply.headers['x-cache'], 'LambdaGeneratedResponse from cloudfront');
    assert.equal(reply.headers.server, 'CloudFront');
    assert.match(String(reply.headers.via), /^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
    assert.ok(reply.headers['x-amz-cf-pop'] && reply.headers['x-amz-cf-id'] && reply.headers.date);
    assert.equal(fixture.asked.length, 0);
  });

  it('can be a response of exactly 40 KB, in base64, or with only a status', async () => {
    returns(() => ({ status: '200', body: 'x'.repeat(40_960) }));
    assert.equal((await put()).text.length, 40_960);
    returns(() => ({ status: '200', body: 'AAEC', bodyEncoding: 'base64' }));
    assert.equal((await put()).text, '\u0000\u0001\u0002');
    returns(() => ({ status: '204' }));
    assert.equal((await put()).status, 204);
  });

  it('can change the path, the query and the headers of the request', async () => {
    returns((request) => {
      const { 'x-note': _removed, ...headers } = request.headers;
      return {
        ...request,
        uri: '/changed/ü',
        querystring: 'partNumber=2',
        headers: { ...headers, 'x-amz-meta-uploaded-by': [{ key: 'X-Amz-Meta-Uploaded-By', value: 'me' }] },
      };
    });
    assert.equal((await put('/key?uploads')).status, 200);
    const asked = fixture.asked.at(-1);
    assert.equal(asked?.path, `/uploads/changed/${Buffer.from('ü').toString('latin1')}`);
    assert.equal(asked?.query, 'partNumber=2');
    assert.equal(asked?.headers['x-amz-meta-uploaded-by'], 'me');
    assert.equal(asked?.headers['x-note'], undefined);
  });
});
