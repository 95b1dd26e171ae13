import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { sha256 } from '../../../local/auth/canonical.ts';
import { Identities } from '../../../local/auth/identities.ts';
import {
  type AuthenticateOptions,
  authenticate,
  authenticateBody,
  readBody,
  sign,
} from '../../../local/auth/sigv4.ts';
import type { HttpRequest } from '../../../local/wire/http.ts';

// Examples from https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and related pages.
const KEY = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const NOW = new Date('2013-05-24T00:00:00Z');
const EMPTY = sha256('');
const SCOPE = `${KEY}/20130524/us-east-1/s3/aws4_request`;

function documented(): Identities {
  const identities = new Identities({ wellKnownKeys: true });
  identities.register(KEY, { secret: SECRET, principal: { kind: 'account', accessKeyId: KEY } });
  return identities;
}

function request(changes: Partial<Omit<HttpRequest, 'body'>> & { body?: string }): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    ...changes,
    headers: { host: 'examplebucket.s3.amazonaws.com', ...changes.headers },
    body: Readable.from(changes.body === undefined ? [] : [Buffer.from(changes.body)]),
  };
}

function signedHeader(names: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${names},Signature=${signature}`;
}

const options = { service: 's3', identities: documented(), now: NOW };

const getObject = request({
  path: '/test.txt',
  headers: {
    range: 'bytes=0-9',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    authorization: signedHeader(
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  },
});

test('accepts AWS’s GET Object example', () => {
  const { principal, payload } = authenticate(getObject, options);
  assert.deepEqual(principal, { kind: 'account', accessKeyId: KEY });
  assert.deepEqual(payload, { kind: 'signed', sha256: EMPTY });
});

test('accepts AWS’s PUT Object example, whose path needs encoding', () => {
  const put = request({
    method: 'PUT',
    path: '/test%24file.text',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      authorization: signedHeader(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    },
  });
  assert.equal(authenticate(put, options).accessKeyId, KEY);
  assert.equal(authenticate({ ...put, path: '/test$file.text' }, options).accessKeyId, KEY);
});

test('accepts AWS’s examples with a query', () => {
  const signed = (query: string, signature: string) =>
    request({
      query,
      headers: {
        'x-amz-date': '20130524T000000Z',
        'x-amz-content-sha256': EMPTY,
        authorization: signedHeader('host;x-amz-content-sha256;x-amz-date', signature),
      },
    });
  const lifecycle = 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543';
  const list = '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7';
  assert.equal(authenticate(signed('lifecycle', lifecycle), options).accessKeyId, KEY);
  assert.equal(authenticate(signed('prefix=J&max-keys=2', list), options).accessKeyId, KEY);
});

const PRESIGNED =
  `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${SCOPE.replaceAll('/', '%2F')}` +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

test('accepts AWS’s presigned example until it expires', () => {
  const presigned = request({ path: '/test.txt', query: PRESIGNED });
  assert.deepEqual(authenticate(presigned, options).payload, { kind: 'unsigned' });
  assert.throws(() => authenticate(presigned, { ...options, now: new Date('2013-05-25T00:00:01Z') }), {
    code: 'AccessDenied',
    message: 'Request has expired',
  });
  assert.throws(() => authenticate(presigned, { ...options, now: new Date('2013-05-23T23:44:59Z') }), {
    code: 'AccessDenied',
    message: 'Request is not yet valid',
  });
});

test('refuses presigned URLs in S3’s words', () => {
  const missing = /^Query-string authentication version 4 requires/;
  const number = 'X-Amz-Expires should be a number';
  const week = /^X-Amz-Expires must be less than a week/;
  const [credential] = /X-Amz-Credential=[^&]*/.exec(PRESIGNED) ?? [''];
  const rows: readonly (readonly [from: string, to: string, message: string | RegExp])[] = [
    ...['1e3', '0x10', '10.0', '%2010', '10%20', 'Infinity'].map(
      (life) => ['Expires=86400', `Expires=${life}`, number] as const,
    ),
    ['Expires=86400', 'Expires=-1', 'X-Amz-Expires must be non-negative'],
    ['Expires=86400', 'Expires=604801', week],
    ['Expires=86400', `Expires=${'9'.repeat(20)}`, week],
    ['Expires=86400', 'Expires=', missing],
    ['X-Amz-SignedHeaders=host', '', missing],
    ['X-Amz-Date=20130524T000000Z', '', missing],
    ['20130524T000000Z', '20130524', `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`],
    [
      credential,
      'X-Amz-Credential=a%2Fb',
      /; the Credential is mal-formed; expecting "<YOUR-AKID>\/YYYYMMDD/,
    ],
    [
      'us-east-1',
      'us-west-1',
      /^Error parsing the X-Amz-Credential parameter; the region 'us-west-1' is wrong/,
    ],
    ['%2Fs3%2F', '%2Fsts%2F', /^Error parsing the X-Amz-Credential parameter; incorrect service "sts"/],
  ];
  for (const [from, to, message] of rows) {
    const query = PRESIGNED.replace(from, to);
    const refused = { code: 'AuthorizationQueryParametersError', message };
    assert.throws(() => authenticate(request({ path: '/test.txt', query }), options), refused, to);
  }
  const query = PRESIGNED.replace('Expires=86400', 'Expires=0');
  assert.throws(() => authenticate(request({ path: '/test.txt', query }), options), {
    message: 'Request has expired',
  });
});

test('accepts the chunks of AWS’s streaming example', () => {
  const streaming = request({
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    headers: {
      host: 's3.amazonaws.com',
      'content-encoding': 'aws-chunked',
      'content-length': '66824',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-date': '20130524T000000Z',
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: signedHeader(
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      ),
    },
  });
  const { payload, chunkSigner } = authenticate(streaming, options);
  assert.deepEqual(payload, { kind: 'signed-chunks', trailer: false });
  assert.deepEqual(
    ['a'.repeat(65_536), 'a'.repeat(1024), ''].map((data) => chunkSigner?.chunk(sha256(data))),
    [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
  );
});

test('refuses any change of the signed parts', () => {
  const changed: Partial<HttpRequest>[] = [
    { method: 'HEAD' },
    { path: '/test.txt/' },
    { query: 'acl' },
    { headers: { ...getObject.headers, range: 'bytes=0-10' } },
    { headers: { ...getObject.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
  ];
  for (const change of changed) {
    assert.throws(() => authenticate({ ...getObject, ...change }, options), {
      code: 'SignatureDoesNotMatch',
      status: 403,
    });
  }
});

test('refuses a secret other than the account’s', () => {
  const headers = { host: 'localhost' };
  const unsigned = request({ headers });
  const added = sign(unsigned, {
    accessKeyId: 'test',
    secret: 'guess',
    service: 's3',
    region: 'us-east-1',
    now: NOW,
    payloadHash: EMPTY,
  });
  const guessed = { ...unsigned, headers: { ...headers, ...added } };
  assert.throws(() => authenticate(guessed, options), { code: 'SignatureDoesNotMatch' });
});

test('refuses an x-amz header that was added after signing', () => {
  const headers = { ...getObject.headers, 'x-amz-acl': 'public-read' };
  assert.throws(() => authenticate({ ...getObject, headers }, options), {
    code: 'AccessDenied',
    details: { HeadersNotSigned: 'x-amz-acl' },
  });
});

test('refuses a clock that is fifteen minutes off', () => {
  for (const now of ['2013-05-24T00:15:01Z', '2013-05-23T23:44:59Z']) {
    assert.throws(() => authenticate(getObject, { ...options, now: new Date(now) }), {
      code: 'RequestTimeTooSkewed',
      details: { RequestTime: '20130524T000000Z', ServerTime: now, MaxAllowedSkewMilliseconds: '900000' },
    });
  }
  assert.ok(authenticate(getObject, { ...options, now: new Date('2013-05-24T00:14:59Z') }));
});

test('refuses anything but a signature version 4 for this service and region', () => {
  const refusals: [authorization: string, code: string][] = [
    ['Bearer abc', 'InvalidRequest'],
    [`AWS ${KEY}:c2lnbmF0dXJl`, 'InvalidRequest'],
    ['AWS4-HMAC-SHA256', 'InvalidRequest'],
    ['AWS4-HMAC-SHA256 Credential=x', 'AuthorizationHeaderMalformed'],
    [signedHeader('host', 'short'), 'AuthorizationHeaderMalformed'],
    [signedHeader('', '0'.repeat(64)), 'AuthorizationHeaderMalformed'],
    [signedHeader('host', '0'.repeat(64)).replace('/s3/', '/sts/'), 'AuthorizationHeaderMalformed'],
    [signedHeader('host', '0'.repeat(64)).replace('us-east-1', 'eu-west-1'), 'AuthorizationHeaderMalformed'],
    [signedHeader('host', '0'.repeat(64)).replace('20130524', '20130525'), 'AuthorizationHeaderMalformed'],
    [signedHeader('x-amz-content-sha256;x-amz-date', '0'.repeat(64)), 'AccessDenied'],
  ];
  for (const [authorization, code] of refusals) {
    const headers = { ...getObject.headers, authorization };
    assert.throws(() => authenticate({ ...getObject, headers }, options), { code }, authorization);
  }
});

test('refuses a session token, because this account issues none', () => {
  const headers = { ...getObject.headers, 'x-amz-security-token': 'abc' };
  assert.throws(() => authenticate({ ...getObject, headers }, options), { code: 'InvalidToken' });
});

/** Authenticates like the request handlers of all services except S3. */
async function authenticatedText(asked: HttpRequest, how: AuthenticateOptions) {
  const body = await readBody(asked);
  return { ...authenticateBody(asked, body, how), text: body.toString() };
}

test('treats a request without a signature as anonymous', async () => {
  assert.deepEqual(authenticate(request({}), options).principal, { kind: 'anonymous' });
  const { principal, text } = await authenticatedText(request({ body: '{}' }), {
    ...options,
    service: 'cognito-idp',
  });
  assert.deepEqual([principal, text], [{ kind: 'anonymous' }, '{}']);
});

test('accepts the key of a service as its principal, signed as an origin request', () => {
  const identities = new Identities({ wellKnownKeys: true });
  const principal = {
    kind: 'service',
    service: 'cloudfront.amazonaws.com',
    sourceArn: 'arn:aws:cloudfront::000000000000:distribution/E1',
    sourceAccount: '000000000000',
  } as const;
  identities.register('oac', { secret: 'of its own', principal });
  const origin = request({
    method: 'PUT',
    path: '/bucket/a%20b//%C3%A9',
    query: 'partNumber=1&uploadId=x%2By',
    headers: { 'content-type': 'image/jpeg', 'x-amz-meta-a': ' two   words ', via: '1.1 edge' },
  });
  const added = sign(origin, {
    accessKeyId: 'oac',
    secret: 'of its own',
    service: 's3',
    region: 'us-east-1',
    now: NOW,
    payloadHash: 'UNSIGNED-PAYLOAD',
  });
  const signed = { ...origin, headers: { ...origin.headers, ...added } };
  const result = authenticate(signed, { ...options, identities });
  assert.deepEqual(result.principal, principal);
  assert.deepEqual(result.payload, { kind: 'unsigned' });
});

test('requires other services to sign the body, and answers with their own errors', async () => {
  const signed = (service: string, body: string) => {
    const unsigned = request({ method: 'POST', path: '/a%3Ab', headers: { host: 'localhost' } });
    const headers = sign(unsigned, {
      accessKeyId: KEY,
      secret: SECRET,
      service,
      region: 'us-east-1',
      now: NOW,
      payloadHash: sha256(body),
    });
    return (actual: string) =>
      request({ ...unsigned, body: actual, headers: { ...unsigned.headers, ...headers } });
  };
  const at = (service: string) => ({ ...options, service });
  const { text } = await authenticatedText(signed('sts', 'a=b')('a=b'), at('sts'));
  assert.equal(text, 'a=b');
  await assert.rejects(authenticatedText(signed('sts', 'a=b')('a=c'), at('sts')), {
    code: 'SignatureDoesNotMatch',
  });
  for (const service of ['cognito-idp', 'events', 'kms', 'lambda', 'logs']) {
    await assert.rejects(authenticatedText(signed(service, '{}')('{ }'), at(service)), {
      code: 'InvalidSignatureException',
    });
  }
  await assert.rejects(
    authenticatedText(signed('sts', '')(''), { ...at('sts'), now: new Date('2013-05-24T00:05:01Z') }),
    {
      code: 'SignatureDoesNotMatch',
      message: /Signature expired/,
    },
  );
  const large = 'x'.repeat(1024 * 1024 + 1);
  await assert.rejects(authenticatedText(signed('sts', large)(large), at('sts')), {
    code: 'RequestEntityTooLarge',
  });
});

test('encodes every reserved character of a query for S3, however it was sent', () => {
  const encoded = 'prefix=a%21%27%28%29%2A%7E&uploads=';
  const literal = "prefix=a!'()*~&uploads";
  const signedAs = (query: string, queryAs: 'encoded' | 'sent') => {
    const get = request({ query });
    const key = { accessKeyId: KEY, secret: SECRET, service: 's3', region: 'us-east-1', now: NOW };
    const headers = sign({ ...get, query }, { ...key, payloadHash: 'UNSIGNED-PAYLOAD', queryAs });
    return { ...get, headers: { ...get.headers, ...headers } };
  };
  for (const query of [encoded, literal]) {
    assert.equal(authenticate(signedAs(query, 'encoded'), options).principal.kind, 'account', query);
  }
  const reordered = 'uploads&prefix=a%21';
  assert.equal(authenticate(signedAs(reordered, 'sent'), options).principal.kind, 'account');
  for (const query of [literal, 'prefix=a%2f', 'prefix=a+b', 'prefix=%61', 'prefix=a/b']) {
    assert.throws(
      () => authenticate(signedAs(query, 'sent'), options),
      { code: 'SignatureDoesNotMatch' },
      query,
    );
  }
});

test('counts consecutive spaces in a header value as one', () => {
  const key = { accessKeyId: KEY, secret: SECRET, service: 's3', region: 'us-east-1', now: NOW };
  const withNote = (note: string) => request({ headers: { 'x-amz-meta-note': note } });
  const single = withNote('a b');
  const signature = sign(single, { ...key, payloadHash: 'UNSIGNED-PAYLOAD' });
  for (const note of ['a b', 'a   b', '  a b  ']) {
    const sent = withNote(note);
    assert.equal(
      authenticate({ ...sent, headers: { ...sent.headers, ...signature } }, options).principal.kind,
      'account',
    );
  }
  const other = withNote('ab');
  assert.throws(() => authenticate({ ...other, headers: { ...other.headers, ...signature } }, options), {
    code: 'SignatureDoesNotMatch',
  });
});

test('reads a signed header with a name of Object.prototype as an ordinary header', () => {
  const get = request({
    headers: {
      'x-amz-content-sha256': EMPTY,
      'x-amz-date': '20130524T000000Z',
      authorization: signedHeader(
        '__proto__;constructor;host;x-amz-content-sha256;x-amz-date',
        'a'.repeat(64),
      ),
    },
  });
  assert.throws(() => authenticate(get, options), { code: 'SignatureDoesNotMatch' });
});
