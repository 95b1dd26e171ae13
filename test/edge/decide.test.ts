import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploadPolicy } from '../../edge/config.ts';
import { type Decision, decide } from '../../edge/decide.ts';
import type { Verify } from '../../edge/token/verify.ts';
import { CLIENT_ID, config, SUB, USER_POOL_ID } from './support/pool.ts';
import { plainHeaders, type Sent, viewerRequest } from './support/viewer.ts';

const EXPIRES = new Date('2026-11-22T12:00:00Z');
const TOKEN = ['Authorization: Bearer good'];

interface Presented {
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly policy?: UploadPolicy;
}

/** The caller of the token `good`. */
function verifying({ policy = {}, ...caller }: Presented = {}): Verify {
  const [issuer] = config(policy).issuers;
  if (issuer === undefined) throw new Error('a deployment has a pool here');
  return async (token) => {
    assert.equal(token, 'good');
    const { username: name = 'ada', groups = [] } = caller;
    const claims = { username: name, sub: SUB, 'cognito:groups': groups };
    return { issuer, name, sub: SUB, groups, claims, tokenExpiresAt: EXPIRES };
  };
}

function decideOn(sent: Sent, policy: UploadPolicy = {}, caller: Presented = {}): Promise<Decision> {
  const verify = verifying({ policy, ...caller });
  return decide({ request: viewerRequest(sent) }, { config: config(policy), verify });
}

function forwarded(decision: Decision) {
  assert.equal(decision.kind, 'forward', JSON.stringify(decision));
  return (decision as Extract<Decision, { kind: 'forward' }>).request;
}

function refusal(decision: Decision): [status: number, code: string | undefined] {
  assert.equal(decision.kind, 'respond', JSON.stringify(decision));
  const { status, code } = decision as Extract<Decision, { kind: 'respond' }>;
  return [status, code];
}

test('forwards the operations of the contract with rewritten queries', async () => {
  const rows: readonly (readonly [method: string, target: string, querystring: string])[] = [
    ['PUT', '/k', ''],
    ['POST', '/k?uploads', 'uploads='],
    ['POST', '/k?uploads=', 'uploads='],
    ['PUT', '/k?partNumber=1&uploadId=U', 'partNumber=1&uploadId=U'],
    ['PUT', '/k?uploadId=U&partNumber=10000', 'uploadId=U&partNumber=10000'],
    ['POST', '/k?uploadId=a%2Bb', 'uploadId=a%2Bb'],
    ['POST', '/k?uploadId=a+b', 'uploadId=a%2Bb'],
    ['DELETE', '/k?uploadId=U', 'uploadId=U'],
    ['GET', '/k?uploadId=U', 'uploadId=U'],
    [
      'GET',
      '/k?upload%49d=U&part-number-marker=7&max-parts=2',
      'uploadId=U&part-number-marker=7&max-parts=2',
    ],
  ];
  for (const [method, target, querystring] of rows) {
    const request = forwarded(await decideOn({ method, target, headers: TOKEN }));
    assert.equal(request.method, method);
    assert.equal(request.uri, '/k');
    assert.equal(request.querystring, querystring);
    assert.equal(request.clientIp, '203.0.113.178');
  }
});

test('requests unfinished uploads by the prefix of their key', async () => {
  const list = (target: string, writeTo = '{username}/') =>
    decideOn({ method: 'GET', target, headers: TOKEN }, { writeTo });
  const { method, uri, querystring, headers } = forwarded(await list('/ada/a%20b/c%26uploads%3D?uploads'));
  assert.deepEqual([method, uri], ['GET', '/']);
  assert.equal(querystring, 'uploads=&prefix=ada%2Fa%20b%2Fc%26uploads%3D&max-uploads=100');
  assert.equal(headers['x-amz-meta-uploaded-by'], undefined);
  for (const more of ['prefix=', 'max-uploads=1', 'key-marker=x', 'delimiter=/', 'uploadId=U']) {
    assert.deepEqual(refusal(await list(`/ada/k?uploads&${more}`)), [400, 'bad_query'], more);
  }
  assert.deepEqual(refusal(await list('/?uploads')), [400, 'bad_key']);
  assert.deepEqual(refusal(await list('/ad?uploads')), [403, 'forbidden_key']);
  assert.deepEqual(refusal(await decideOn({ method: 'GET', target: '/k?uploads' })), [401, 'missing_token']);
});

test('lists upload IDs only if nobody else is allowed to write the key', async () => {
  const list = (target: string, policy: UploadPolicy) =>
    decideOn({ method: 'GET', target, headers: TOKEN }, policy, { groups: ['writers'] });
  for (const [target, writeTo] of [
    ['/ada/k', '{username}/'],
    [`/in/${SUB}/k`, 'in/{sub}'],
    ['/writers/ada/k', '{group}/{username}/'],
  ] as const) {
    assert.equal(forwarded(await list(`${target}?uploads`, { writeTo })).uri, '/', writeTo);
  }
  for (const [target, policy] of [
    ['/k', {}],
    ['/in/k', { writeTo: 'in/' }],
    ['/writers/k', { writeTo: '{group}/' }],
    ['/k', { allowGroups: ['writers'] }],
  ] as const) {
    const decision = await list(`${target}?uploads`, policy);
    assert.deepEqual(refusal(decision), [403, 'forbidden_key'], JSON.stringify(policy));
    assert.equal((await list(`${target}?uploadId=U`, policy)).kind, 'forward');
  }
});

test('refuses other methods, and lists the allowed ones', async () => {
  const rows: readonly (readonly [method: string, target: string, allow: string])[] = [
    ...['GET', 'HEAD', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'put'].map((m) => [m, '/k', 'PUT'] as const),
    ['PUT', '/k?uploads', 'GET, POST'],
    ['DELETE', '/k?uploads', 'GET, POST'],
    ['POST', '/k?partNumber=1&uploadId=U', 'PUT'],
    ['PUT', '/k?uploadId=U', 'DELETE, GET, POST'],
    ['DELETE', '/k?uploadId=U&max-parts=1', 'GET'],
    ['PUT', '/.well-known/edge-upload', 'GET'],
    ['HEAD', '/.well-known/edge-upload', 'GET'],
  ];
  for (const [method, target, allow] of rows) {
    const decision = await decideOn({ method, target, headers: TOKEN });
    assert.deepEqual(refusal(decision), [405, 'method_not_allowed'], `${method} ${target}`);
    assert.equal(decision.kind === 'respond' && decision.headers.allow, allow);
  }
});

test('refuses queries that S3 might read in another way', async () => {
  const queries = [
    ...[
      'acl',
      'policy',
      'tagging',
      'delete',
      'acl=',
      'x-id=PutObject',
      'versionId=1',
      'UPLOADS',
      '%75ploads%00',
    ],
    ...['uploads=1', 'uploads&uploads', 'uploads&uploadId=U', 'uploads&', '&', '=', '&uploads'],
    ...['uploadId', 'uploadId=', 'uploadId=%20', 'uploadId=%', 'uploadId=%ff', 'uploadId=U&uploadId=V'],
    ...['uploadId=U&upload%49d=V', `uploadId=${'u'.repeat(1025)}`, 'partNumber=1', 'max-parts=1'],
    ...['partNumber=0', 'partNumber=10001', 'partNumber=01', 'partNumber=1.0', 'partNumber=-1'].map(
      (part) => `${part}&uploadId=U`,
    ),
    'uploadId=U&max-parts=x',
    'uploadId=U&part-number-marker=',
    'uploadId=U&partNumber=1&max-parts=1',
  ];
  for (const query of queries) {
    for (const method of ['PUT', 'POST', 'GET', 'DELETE']) {
      const decision = await decideOn({ method, target: `/k?${query}`, headers: TOKEN });
      assert.deepEqual(refusal(decision), [400, 'bad_query'], `${method} ?${query}`);
    }
  }
  assert.deepEqual(refusal(await decideOn({ method: 'GET', target: '/.well-known/edge-upload?x' })), [
    400,
    'bad_query',
  ]);
});

test('forwards only listed headers and the name of the caller', async () => {
  const headers = [
    ...TOKEN,
    'Cookie: a=b',
    'Content-Type: image/jpeg',
    'Content-Length: 3',
    'Content-Disposition: inline',
    'Content-Encoding: gzip',
    'Content-Language: en',
    'Content-MD5: q83vEjRWeJA=',
    'Cache-Control: no-cache',
    'If-None-Match: *',
    'Via: 1.1 proxy',
    'CDN-Loop: other.example',
    'x-amz-checksum-crc32: AAAAAA==',
    'x-amz-checksum-algorithm: CRC32',
    'x-amz-checksum-type: FULL_OBJECT',
    'x-amz-sdk-checksum-algorithm: CRC32',
    'x-amz-mp-object-size: 3',
    'X-Amz-Meta-Title: Dawn',
    'X-Amz-Meta-Uploaded-By: somebody else',
    'x-amz-meta-uploaded-by: and another',
    'x-amz-meta-: without a name',
    'x-amz-checksum-: without a name',
    'x-amz-acl: public-read',
    'x-amz-tagging: a=b',
    'x-amz-storage-class: GLACIER',
    'x-amz-server-side-encryption-aws-kms-key-id: other',
    'x-amz-website-redirect-location: /x',
    'x-amz-security-token: t',
    'x-amz-content-sha256: UNSIGNED-PAYLOAD',
    'x-amz-date: 20261122T000000Z',
    'x-amz-grant-read: id=1',
    'x-amz-server-side-encryption: aws:kms',
    'x-amz-object-lock-mode: COMPLIANCE',
    'Range: bytes=0-1',
    'User-Agent: curl/8',
    'X-Forwarded-For: 1.2.3.4',
  ];
  const whole = forwarded(await decideOn({ headers }, {}, { username: 'ada@example.com/é' }));
  const passed = {
    host: 'd111111abcdef8.cloudfront.net',
    'content-type': 'image/jpeg',
    'content-length': '3',
    'content-disposition': 'inline',
    'content-encoding': 'gzip',
    'content-language': 'en',
    'content-md5': 'q83vEjRWeJA=',
    'cache-control': 'no-cache',
    'if-none-match': '*',
    via: '1.1 proxy',
    'cdn-loop': 'other.example',
    'x-amz-checksum-crc32': 'AAAAAA==',
    'x-amz-checksum-algorithm': 'CRC32',
    'x-amz-checksum-type': 'FULL_OBJECT',
    'x-amz-sdk-checksum-algorithm': 'CRC32',
    'x-amz-mp-object-size': '3',
    'x-amz-meta-title': 'Dawn',
  };
  const uploadedBy = 'ada%40example.com%2F%C3%A9';
  assert.deepEqual(plainHeaders(whole.headers), { ...passed, 'x-amz-meta-uploaded-by': uploadedBy });
  assert.equal(whole.headers['x-amz-meta-uploaded-by']?.length, 1);

  const create = forwarded(await decideOn({ method: 'POST', target: '/k?uploads', headers }));
  assert.equal(plainHeaders(create.headers)['x-amz-meta-uploaded-by'], 'ada');
  const part = forwarded(await decideOn({ target: '/k?partNumber=1&uploadId=U', headers }));
  assert.deepEqual(
    plainHeaders(part.headers),
    passed,
    'a part gets no metadata, because it creates no object',
  );
});

test('refuses a header if its removal would change the result', async () => {
  const rows = [
    'If-None-Match: "etag"',
    'If-None-Match: *, "etag"',
    'If-Match: "etag"',
    'If-Unmodified-Since: Sun, 22 Nov 2026 00:00:00 GMT',
    'Content-Range: bytes 0-2/9',
    'Content-Encoding: aws-chunked',
    'Content-Encoding: gzip,AWS-Chunked',
    'x-amz-decoded-content-length: 3',
    'x-amz-trailer: x-amz-checksum-crc32',
    'x-amz-copy-source: /bucket/another',
    'x-amz-server-side-encryption-customer-algorithm: AES256',
    'x-amz-write-offset-bytes: 3',
  ];
  for (const line of rows) {
    assert.deepEqual(refusal(await decideOn({ headers: [...TOKEN, line] })), [400, 'bad_header'], line);
  }
});

test('requires a body with its length, within the limits', async () => {
  const part = '/k?partNumber=1&uploadId=U';
  const limited = { maxSize: 1000 };
  const fiveGiB = 5 * 1024 ** 3;
  const rows: readonly (readonly [target: string, header: string, policy: UploadPolicy, outcome: string])[] =
    [
      ['/k', 'Content-Length: 0', {}, 'forward'],
      ['/k', `Content-Length: ${fiveGiB}`, {}, 'forward'],
      ['/k', `Content-Length: ${fiveGiB + 1}`, {}, 'too_large'],
      ['/k', 'Content-Length: 1000', limited, 'forward'],
      ['/k', 'Content-Length: 1001', limited, 'too_large'],
      ['/k', `Content-Length: ${'9'.repeat(15)}`, { maxSize: 10 * fiveGiB }, 'too_large'],
      ['/k', 'Content-Length: -1', {}, 'length_required'],
      ['/k', 'Content-Length: 1e3', {}, 'length_required'],
      ['/k', 'Content-Length: ', {}, 'length_required'],
      ['/k', 'Transfer-Encoding: chunked', {}, 'length_required'],
      [part, `Content-Length: ${fiveGiB}`, {}, 'forward'],
      [part, `Content-Length: ${fiveGiB + 1}`, {}, 'too_large'],
      [part, 'Content-Length: 1001', limited, 'too_large'],
      [part, 'Transfer-Encoding: chunked', limited, 'length_required'],
    ];
  for (const [target, header, policy, outcome] of rows) {
    const decision = await decideOn({ target, headers: [...TOKEN, header] }, policy);
    const got = decision.kind === 'respond' ? decision.code : 'forward';
    assert.equal(got, outcome, `${target} ${header}`);
  }
  const twice = await decideOn({ headers: [...TOKEN, 'Content-Length: 3', 'Content-Length: 4'] });
  assert.deepEqual(refusal(twice), [411, 'length_required']);
  const request = viewerRequest({ headers: TOKEN });
  const { 'content-length': _length, ...headers } = request.headers;
  const without = await decide(
    { request: { ...request, headers } },
    { config: config(), verify: verifying() },
  );
  assert.deepEqual(refusal(without), [411, 'length_required']);
});

test('keeps multipart uploads within the size limit', async () => {
  const complete = { method: 'POST', target: '/k?uploadId=U' };
  const size = (value: string) => ({ ...complete, headers: [...TOKEN, `x-amz-mp-object-size: ${value}`] });
  assert.equal((await decideOn({ ...complete, headers: TOKEN })).kind, 'forward', 'without a limit');
  const limited = { maxSize: 1000 };
  assert.deepEqual(refusal(await decideOn({ ...complete, headers: TOKEN }, limited)), [400, 'size_required']);
  assert.deepEqual(refusal(await decideOn(size('many'), limited)), [400, 'size_required']);
  assert.deepEqual(refusal(await decideOn(size('1001'), limited)), [413, 'too_large']);
  const request = forwarded(await decideOn(size('1000'), limited));
  assert.equal(plainHeaders(request.headers)['x-amz-mp-object-size'], '1000', 'S3 checks it');
});

test('describes in the policy who is allowed to write, and where', async () => {
  const rows: readonly (readonly [
    policy: UploadPolicy,
    caller: { username?: string; groups?: readonly string[] },
    key: string,
    outcome: 'forward' | 'forbidden_key' | 'forbidden_group' | 'forbidden_caller',
  ])[] = [
    [{ writeTo: 'inbox/' }, {}, 'inbox/a', 'forward'],
    [{ writeTo: 'inbox/' }, {}, 'inbox', 'forbidden_key'],
    [{ writeTo: 'inbox/' }, {}, 'other/a', 'forbidden_key'],
    [{ writeTo: 'img-' }, {}, 'img-1', 'forward'],
    [{ writeTo: 'home/{username}/' }, {}, 'home/ada/a', 'forward'],
    [{ writeTo: 'home/{username}/' }, {}, 'home/bob/a', 'forbidden_key'],
    [{ writeTo: 'home/{sub}/' }, {}, `home/${SUB}/a`, 'forward'],
    [{ writeTo: 'home/{sub}/' }, {}, 'home/ada/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}' }, {}, 'home/ada/a', 'forward'],
    [{ writeTo: 'home/{username}' }, {}, 'home/adam/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/in' }, {}, 'home/ada/in/a', 'forward'],
    [{ writeTo: 'home/{username}/in' }, {}, 'home/ada-in/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: 'Ada' }, 'home/ada/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: 'e\u0301' }, 'home/%C3%A9/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: 'é' }, 'home/e%CC%81/a', 'forbidden_key'],
    [{ writeTo: '{group}/{username}/' }, { username: 'x', groups: ['ada'] }, 'ada/ada/a', 'forbidden_key'],
    [{ writeTo: '{group}/{username}/' }, { groups: ['a/ada'] }, 'a/ada/ada/a', 'forbidden_key'],
    [{ writeTo: '{username}/{username}' }, {}, 'ada/ada/a', 'forward'],
    [{ writeTo: '{group}/' }, { groups: [''] }, 'a', 'forbidden_caller'],
    [{ writeTo: 'home/{username}/' }, { username: 'ada/x' }, 'home/ada/x/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: 'ada/x' }, 'home/ada%252Fx/a', 'forward'],
    [{ writeTo: 'home/{username}/' }, { username: 'ada%2Fx' }, 'home/ada%252Fx/a', 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: '{sub}' }, `home/${SUB}/a`, 'forbidden_key'],
    [{ writeTo: 'home/{username}/' }, { username: '$&' }, 'home/{username}/a', 'forbidden_key'],
    [{ writeTo: '{group}/' }, { groups: ['staff', 'crew'] }, 'crew/a', 'forward'],
    [{ writeTo: '{group}/' }, { groups: ['staff', 'crew'] }, 'staff/a', 'forward'],
    [{ writeTo: '{group}/' }, { groups: ['staff'] }, 'crew/a', 'forbidden_key'],
    [{ writeTo: '{group}' }, { groups: ['staff'] }, 'staffing/a', 'forbidden_key'],
    [{ writeTo: '{group}/' }, {}, 'a', 'forbidden_group'],
    [{ writeTo: '{group}/' }, {}, '{group}/a', 'forbidden_group'],
    [{ writeTo: '{group}/{username}' }, { groups: ['staff'] }, 'staff/ada/a', 'forward'],
    [{ writeTo: '{group}/{username}' }, { groups: ['staff'] }, 'staff/bob/a', 'forbidden_key'],
    [{ writeTo: '{group}/' }, { groups: ['a/b'] }, 'a/b/c', 'forbidden_key'],
    [{ writeTo: '{group}/' }, { groups: ['a/b'] }, 'a%252Fb/c', 'forward'],
    [{ writeTo: '{group}/' }, { groups: ['{username}'] }, 'ada/c', 'forbidden_key'],
    [{ writeTo: '{group}/', allowGroups: ['staff'] }, { groups: ['crew'] }, 'crew/a', 'forbidden_group'],
    [{ allowGroups: ['staff', 'crew'] }, { groups: ['crew'] }, 'a', 'forward'],
    [{ allowGroups: ['staff'] }, { groups: ['staffing'] }, 'a', 'forbidden_group'],
    [{ allowGroups: ['staff'] }, {}, 'a', 'forbidden_group'],
    [{ allowGroups: [] }, { groups: ['staff'] }, 'a', 'forbidden_group'],
  ];
  for (const [policy, caller, key, outcome] of rows) {
    const decision = await decideOn({ target: `/${key}`, headers: TOKEN }, policy, caller);
    const got = decision.kind === 'respond' ? decision.code : 'forward';
    assert.equal(got, outcome, JSON.stringify([policy, caller, key]));
    if (decision.kind === 'respond') assert.equal(decision.status, 403);
  }
  for (const username of ['.', '..']) {
    const target = `/home/${username}/a`;
    const decision = await decideOn(
      { target, headers: TOKEN },
      { writeTo: 'home/{username}/' },
      { username },
    );
    assert.deepEqual(refusal(decision), [400, 'bad_key']);
  }
});

test('allows no writes or lists by a rule that gives two users one prefix', async () => {
  const rules = [
    ...[
      '{group}-{username}/',
      '{group}{username}/',
      '{username}-{group}/',
      '{sub}{username}',
      '{username}.{sub}/',
    ],
    ...[
      'home/{username}-in/',
      'home/in-{username}',
      'home/{username} ',
      '{sub}x/{username}/',
      '{username}/a{group}/',
    ],
    ...['{{username}}/', '{username/', 'username}/', '{}/', '{username}/{', '{ username }/'],
  ];
  for (const writeTo of rules) {
    const policy = { writeTo };
    for (const [method, target] of [
      ['PUT', '/ada/k'],
      ['PUT', '/staff-ada/k'],
      ['POST', '/ada/k?uploads'],
      ['GET', '/ada/k?uploads'],
      ['GET', '/ada/k?uploadId=U'],
      ['DELETE', '/ada/k?uploadId=U'],
    ] as const) {
      const decision = await decideOn({ method, target, headers: TOKEN }, policy, { groups: ['staff'] });
      assert.deepEqual(refusal(decision), [500, 'internal'], `${writeTo} ${method} ${target}`);
    }
    const described = await decideOn(
      { method: 'GET', target: '/.well-known/edge-upload', headers: TOKEN },
      policy,
    );
    const { caller } = (described as { body: { caller: { writeTo: readonly string[] } } }).body;
    assert.deepEqual(caller.writeTo, [], writeTo);
  }
});

test('allows no writes or lists by a rule with a claim that pool tokens lack', async () => {
  for (const writeTo of ['{user}/', '{Username}/', '{cognito:groups}/', '{__proto__}/', '{constructor}/']) {
    for (const [method, target] of [
      ['PUT', '/ada/k'],
      ['GET', '/ada/k?uploads'],
    ] as const) {
      const decision = await decideOn({ method, target, headers: TOKEN }, { writeTo });
      assert.deepEqual(refusal(decision)[0], 403, `${writeTo} ${method}`);
    }
  }
});

test('refuses metadata that a signature would change', async () => {
  const withValue = (name: string, value: string) => {
    const request = viewerRequest({ headers: TOKEN });
    const headers = { ...request.headers, [name]: [{ key: name, value }] };
    return decide({ request: { ...request, headers } }, { config: config(), verify: verifying() });
  };
  for (const value of [
    'a  b',
    ' a',
    'a ',
    'a\tb',
    'a \t b',
    '   ',
    '\u00a0\u00a0',
    'a\r\nx-amz-acl: public-read',
    'a\u0000',
  ]) {
    assert.deepEqual(refusal(await withValue('x-amz-meta-title', value)), [400, 'bad_header'], value);
  }
  for (const name of ['content-type', 'cache-control', 'x-amz-checksum-crc32', 'via', 'cdn-loop', 'host']) {
    assert.deepEqual(refusal(await withValue(name, 'a\nb')), [400, 'bad_header'], name);
  }
  for (const value of ['', 'a', 'a b c', '"quoted"', '=?UTF-8?B?w6k=?=', 'é']) {
    assert.equal((await withValue('x-amz-meta-title', value)).kind, 'forward', value);
  }
  assert.equal((await withValue('content-disposition', 'inline; filename="a  b"')).kind, 'forward');
  // Headers that are not forwarded do not matter.
  assert.equal((await withValue('x-other', 'a  b\u0007')).kind, 'forward');
});

test('encodes like signature version 4', async () => {
  const encoded = '%21%27%28%29%2A~-._%20%2B%25%26%3D%3B%2C%3A%40%24%2F%C3%A9';
  const path = `/ada/${encoded}`;
  const list = forwarded(
    await decideOn({ method: 'GET', target: `${path}?uploads`, headers: TOKEN }, { writeTo: '{username}/' }),
  );
  assert.equal(list.querystring, `uploads=&prefix=ada%2F${encoded}&max-uploads=100`);
  const put = forwarded(await decideOn({ target: path, headers: TOKEN }));
  assert.equal(put.uri, path.replaceAll('%2F', '/'));
  const id = "!'()*~-._+%&=;,:@$/".replace('%', '%25').replace('&', '%26');
  const part = forwarded(await decideOn({ target: `/k?partNumber=1&uploadId=${id}`, headers: TOKEN }));
  assert.equal(part.querystring, `partNumber=1&uploadId=${encoded.replace('%20', '').replace('%C3%A9', '')}`);
});

test('requires the token and obeys the policy in every operation', async () => {
  const rows: readonly (readonly [string, string])[] = [
    ['PUT', '/k'],
    ['POST', '/k?uploads'],
    ['PUT', '/k?partNumber=1&uploadId=U'],
    ['POST', '/k?uploadId=U'],
    ['DELETE', '/k?uploadId=U'],
    ['GET', '/k?uploadId=U'],
  ];
  for (const [method, target] of rows) {
    assert.deepEqual(refusal(await decideOn({ method, target })), [401, 'missing_token'], target);
    const elsewhere = await decideOn({ method, target, headers: TOKEN }, { writeTo: 'other/' });
    assert.deepEqual(refusal(elsewhere), [403, 'forbidden_key'], target);
  }
});

test('describes itself to everybody, and a caller’s limits only to that caller', async () => {
  const sent = { method: 'GET', target: '/.well-known/edge-upload' };
  const policy = { maxSize: 10, writeTo: 'home/{username}', allowGroups: ['staff'] };
  const edge = {
    service: 'edge-upload',
    version: 2,
    region: 'us-east-1',
    userPoolId: USER_POOL_ID,
    clientId: CLIENT_ID,
    policy,
    issuers: [
      {
        alias: 'cognito',
        kind: 'pool',
        issuer: `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`,
        token: 'access',
        clientId: CLIENT_ID,
      },
    ],
  };
  const stranger = await decideOn(sent, policy);
  assert.deepEqual(stranger, { kind: 'respond', status: 200, headers: {}, body: edge });
  const told = async (groups: readonly string[], rule: UploadPolicy) => {
    const decision = await decideOn({ ...sent, headers: TOKEN }, rule, { groups });
    return decision.kind === 'respond' ? (decision.body as { caller?: object }).caller : undefined;
  };
  const caller = {
    username: 'ada',
    sub: SUB,
    issuer: 'cognito',
    tokenExpiresAt: '2026-11-22T12:00:00.000Z',
  };
  assert.deepEqual(await told(['staff'], policy), {
    ...caller,
    groups: ['staff'],
    writeTo: ['home/ada/'],
    maxSize: 10,
  });
  assert.deepEqual(await told([], policy), { ...caller, groups: [], writeTo: [] });
  assert.deepEqual(await told([], {}), { ...caller, groups: [], writeTo: [''] });
  assert.deepEqual(await told(['b', 'a/c'], { writeTo: '{group}' }), {
    ...caller,
    groups: ['b', 'a/c'],
    writeTo: ['b/', 'a%2Fc/'],
  });
  const groups = Array.from({ length: 100 }, (_, at) => `${'é'.repeat(125)}${at}`);
  const { omitted, ...some } = (await told(groups, { writeTo: 'in/{group}/' })) as {
    omitted: { groups: number; writeTo: number };
    groups: readonly string[];
    writeTo: readonly string[];
  };
  assert.deepEqual(some.groups, groups.slice(0, 100 - omitted.groups));
  assert.equal(some.writeTo.length, 100 - omitted.writeTo);
  assert.ok(some.groups.length > 10 && some.groups.length < 100, String(some.groups.length));
});
