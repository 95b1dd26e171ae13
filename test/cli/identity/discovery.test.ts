import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { UserError } from '../../../cli/errors.ts';
import { discover, discoverCaller } from '../../../cli/identity/discovery.ts';
import { readDescription } from '../../../cli/identity/edge-description.ts';
import { poolEndpoint } from '../../../cli/network/user-pool-client.ts';
import {
  type KeyedCertificate,
  makeAuthority,
  makeServerCertificate,
} from '../../../local/tls/certificates.ts';
import { testContext } from '../../support/context.ts';
import { listen } from '../../support/serve.ts';

const EDGE = {
  service: 'edge-upload',
  version: 1,
  region: 'us-east-1',
  userPoolId: 'us-east-1_AbCdEf123',
  clientId: '1h57kf5cpq17m0eml12EXAMPLE',
  policy: { maxSize: 1024, writeTo: 'in/{username}/', allowGroups: ['writers'] },
};

const POOL = {
  alias: 'cognito',
  kind: 'pool',
  issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123',
  clientId: EDGE.clientId,
  token: 'access',
};

const CORP = {
  alias: 'corp',
  kind: 'people',
  issuer: 'https://login.acme.com/oauth2/default',
  clientId: 'edge-upload',
  scopes: ['openid', 'offline_access'],
  token: 'access',
  audience: 'api://default',
  preset: 'okta',
};

const GITHUB = {
  alias: 'github',
  kind: 'workload',
  issuer: 'https://token.actions.githubusercontent.com',
  token: 'id',
  preset: 'github',
};

const CALLER = {
  username: 'ada',
  sub: '4e0c6b7e-0000-4000-8000-000000000000',
  groups: ['writers'],
  writeTo: ['in/ada/'],
  tokenExpiresAt: '2026-11-05T13:00:00.000Z',
};

const answering =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };

async function refusal(work: Promise<unknown>): Promise<UserError> {
  return work.then(
    () => assert.fail('it was taken for an edge'),
    (error: UserError) => error,
  );
}

test('reads the user pool and the limits of an edge', async (t) => {
  const url = await listen(t, (request, response) => {
    assert.equal(request.url, '/.well-known/edge-upload');
    assert.equal(request.headers.authorization, undefined);
    answering(200, JSON.stringify({ ...EDGE, later: 'field' }))(request, response);
  });
  const { service: _, ...described } = EDGE;
  assert.deepEqual(await discover(testContext(), { url }), { ...described, issuers: [POOL] });
});

test('reads all issuers of an edge, with or without a user pool', () => {
  const { region: _region, userPoolId: _pool, clientId: _client, ...withoutPool } = EDGE;
  const read = (issuers: unknown, edge: object = withoutPool) =>
    readDescription(JSON.stringify({ ...edge, version: 2, issuers }))?.issuers;
  assert.deepEqual(read([CORP]), [CORP]);
  assert.deepEqual(read([POOL, CORP, GITHUB], EDGE), [POOL, CORP, GITHUB]);
  for (const another of [
    { issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another12' },
    { clientId: 'another' },
    { alias: 'another' },
  ])
    assert.equal(read([{ ...POOL, ...another }], EDGE), undefined, 'a list with another pool is ignored');
  assert.deepEqual(
    read([
      { ...CORP, later: 1 },
      { alias: 'x', kind: 'of later versions' },
    ]),
    [CORP],
  );
  assert.deepEqual(read([]), []);
  // People whose tokens come from another service.
  const withoutClient = Object.fromEntries(Object.entries(CORP).filter(([name]) => name !== 'clientId'));
  assert.deepEqual(read([withoutClient]), [withoutClient]);
  for (const issuer of [
    'https://acme.okta.com',
    'https://acme.eu.auth0.com/',
    'http://127.0.0.1:4000/realms/r',
  ])
    assert.deepEqual(read([{ ...CORP, issuer }]), [{ ...CORP, issuer }]);

  const wrong: unknown[] = [
    undefined,
    {},
    Array.from({ length: 201 }, (_, at) => ({ ...GITHUB, alias: `g${at}` })),
    ['corp'],
    [CORP, CORP],
    [POOL],
    [{ ...CORP, kind: undefined }],
    [{ ...CORP, alias: 'Corp' }],
    [{ ...CORP, alias: 'a'.repeat(33) }],
    [{ ...CORP, clientId: 'a b' }],
    [{ ...CORP, clientId: '' }],
    [{ ...CORP, token: 'refresh' }],
    [{ ...CORP, scopes: 'openid' }],
    [{ ...CORP, scopes: ['openid email'] }],
    [{ ...CORP, scopes: Array.from({ length: 21 }, () => 'a') }],
    [{ ...CORP, audience: ['a'] }],
    [{ ...CORP, audience: 'a\nb' }],
    [{ ...CORP, preset: 3 }],
    ...[
      'http://login.acme.com',
      'https://ada@login.acme.com',
      'https://login.acme.com?x=1',
      'https://login.acme.com/#x',
      'https://LOGIN.acme.com',
      'https://login.acme.com/a/../b',
      'https://login.аcme.com',
      'ftp://login.acme.com',
      'login.acme.com',
      3,
    ].map((issuer) => [{ ...CORP, issuer }]),
  ];
  for (const issuers of wrong) assert.equal(read(issuers), undefined, JSON.stringify(issuers)?.slice(0, 200));
});

test('refuses a description that would send a password proof to another host', () => {
  const wrong: Record<string, unknown>[] = [
    { service: 'another' },
    { service: undefined },
    { region: 'us-east-1.evil.example' },
    { region: 'us-east-1/..', userPoolId: 'us-east-1/.._AbCdEf123' },
    { region: 'eu-west-1' },
    { region: '' },
    { region: 1 },
    { userPoolId: 'us-east-1_' },
    { userPoolId: 'us-east-1_Ab/../Cd' },
    { userPoolId: `us-east-1_${'a'.repeat(56)}` },
    { userPoolId: 'evil.example#us-east-1_AbCdEf123' },
    { userPoolId: 'us-east-1_AbCdEf123\n' },
    { clientId: '' },
    { clientId: 'a b' },
    { clientId: 'a'.repeat(129) },
    { policy: undefined },
    { policy: [] },
    { policy: { maxSize: -1 } },
    { policy: { maxSize: 1.5 } },
    { policy: { writeTo: 3 } },
    { policy: { allowGroups: 'writers' } },
    { policy: { corsOrigins: 'https://example.com' } },
    { caller: 'ada' },
    { caller: { username: 'ada' } },
    { caller: { ...CALLER, username: 1 } },
    { caller: { ...CALLER, groups: 'writers' } },
    { caller: { ...CALLER, writeTo: undefined } },
    { caller: { ...CALLER, tokenExpiresAt: 'soon' } },
    { caller: { ...CALLER, issuer: 'Corp' } },
    { caller: { ...CALLER, claims: { department: 1 } } },
    { caller: { ...CALLER, maxSize: 0 } },
    { caller: { ...CALLER, noClobber: 'yes' } },
    { caller: { ...CALLER, omitted: 3 } },
    { caller: { ...CALLER, omitted: { groups: -1, writeTo: 0 } } },
    { caller: { ...CALLER, omitted: { groups: 1 } } },
  ];
  for (const change of wrong) {
    assert.equal(readDescription(JSON.stringify({ ...EDGE, ...change })), undefined, JSON.stringify(change));
  }
  for (const text of ['', 'null', '[]', '"edge"', '<html>', '{'])
    assert.equal(readDescription(text), undefined);
  for (const region of ['us-east-1', 'ap-southeast-2', 'us-gov-west-1', 'il-central-1']) {
    const described = readDescription(JSON.stringify({ ...EDGE, region, userPoolId: `${region}_AbCdEf123` }));
    assert.equal(
      new URL(poolEndpoint({}, { url: 'https://d1.cloudfront.net', region: described?.region ?? '' })).host,
      `cognito-idp.${region}.amazonaws.com`,
    );
  }
});

test('reports the response of a server that is not an edge', async (t) => {
  const page = await listen(
    t,
    answering(200, '<html>', { 'content-type': 'text/html; charset=utf-8', server: 'nginx' }),
  );
  const error = await refusal(discover(testContext(), { url: page }));
  assert.deepEqual([error.code, error.exitCode], ['not_an_edge', 5]);
  assert.match(error.message, /text\/html.*nginx/);
  assert.ok(error.hint);

  const missing = await listen(t, answering(403, '<Error/>', { server: 'AmazonS3' }));
  assert.match((await refusal(discover(testContext(), { url: missing }))).message, /HTTP 403.*AmazonS3/);

  // A DNS record or a reverse proxy can lead to CloudFront, which does not know the name.
  const blocked = await listen(t, answering(403, '<html>', { server: 'CloudFront' }));
  const refused = await refusal(discover(testContext(), { url: blocked }));
  assert.equal(refused.code, 'forbidden');
  assert.match(refused.hint ?? '', /firewall rule.*does not have the domain 127\.0\.0\.1/s);

  const moved = await listen(t, answering(302, '', { location: 'https://elsewhere.example/' }));
  assert.match((await refusal(discover(testContext(), { url: moved }))).message, /HTTP 302/);
});

test('names an edge of another version, whose description it cannot read', async (t) => {
  const url = await listen(t, answering(200, JSON.stringify({ ...EDGE, policy: { writeTo: 42 } })));
  const error = await refusal(discover(testContext(), { url }));
  assert.equal(error.code, 'not_an_edge');
  assert.match(error.message, /another version of edge-upload/);
  assert.match(error.hint ?? '', /edge-upload deploy/);
});

test('distinguishes a TLS proxy, an expired certificate and a certificate for another host', async (t) => {
  const now = new Date();
  const authority = await makeAuthority(now);
  const years = new Date(now.getTime() - 5 * 365 * 86_400_000);
  const certificates = {
    intercepted: await makeServerCertificate(authority, ['127.0.0.1'], now),
    expired: await makeServerCertificate(authority, ['127.0.0.1'], years),
    another: await makeServerCertificate(authority, ['localhost'], now),
  };
  const ask = async (one: KeyedCertificate, caFile?: string) => {
    const url = await listen(t, createServer(one, answering(200, JSON.stringify(EDGE))));
    const deployment = { ...EDGE, name: 'studio', url, local: { endpoint: url, caFile: caFile ?? '' } };
    const error = await refusal(
      discover(testContext(), { url, ...(caFile !== undefined && { deployment }) }),
    );
    assert.deepEqual([error.code, error.exitCode], ['tls', 5]);
    return error;
  };
  const intercepted = await ask(certificates.intercepted);
  assert.match(intercepted.message, /unknown authority/);
  assert.match(intercepted.hint ?? '', /NODE_EXTRA_CA_CERTS/);
  const caFile = join(mkdtempSync(join(tmpdir(), 'edge-upload-tls-')), 'ca.pem');
  t.after(() => rmSync(dirname(caFile), { recursive: true, force: true }));
  writeFileSync(caFile, authority.cert);
  const expired = await ask(certificates.expired, caFile);
  assert.match(`${expired.message} ${expired.hint}`, /expired.*clock/);
  const another = await ask(certificates.another, caFile);
  assert.match(another.message, /for another host/);
  assert.match(another.hint ?? '', /^Check the address/);
  assert.doesNotMatch(another.hint ?? '', /NODE_EXTRA_CA_CERTS/);
});

test('cuts an endless response', async (t) => {
  const url = await listen(t, (_request, response) => {
    const more = () => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  assert.equal((await refusal(discover(testContext(), { url }))).code, 'not_an_edge');
});

test('reports an edge that is temporarily unavailable as unreachable', async (t) => {
  for (const status of [429, 502, 503, 504]) {
    const url = await listen(t, answering(status, ''));
    assert.equal((await refusal(discover(testContext(), { url }))).code, 'unreachable');
  }
});

test('names the sign-in of a network that responds in place of the edge', async (t) => {
  const url = await listen(t, answering(511, ''));
  const error = await refusal(discover(testContext(), { url }));
  assert.equal(error.code, 'not_an_edge');
  assert.match(error.hint ?? '', /the network may ask for a sign-in first/);
});

test('reports a refused connection and an unknown host', async () => {
  const refused = await refusal(discover(testContext(), { url: 'http://127.0.0.1:1' }));
  assert.deepEqual([refused.code, refused.exitCode], ['unreachable', 5]);
  assert.match(refused.hint ?? '', /edge-upload local start/);
  const unknown = await refusal(discover(testContext(), { url: 'https://no-such-host.invalid' }));
  assert.equal(unknown.code, 'unreachable');
  assert.match(unknown.message, /no-such-host\.invalid/);
});

test('reads the description of the caller with a token', async (t) => {
  const url = await listen(t, answering(200, JSON.stringify({ ...EDGE, caller: { ...CALLER, later: 1 } })));
  const context = testContext();
  const { caller } = await discoverCaller(context, { url, token: 'aaa.bbb.ccc' });
  assert.deepEqual(caller, CALLER);
  const silent = await listen(t, answering(200, JSON.stringify(EDGE)));
  const error = await refusal(discoverCaller(context, { url: silent, token: 'aaa.bbb.ccc' }));
  assert.equal(error.code, 'not_an_edge');
});

test('shows the edge’s reason for a refused token, but not the token', async (t) => {
  const url = await listen(t, (request, response) => {
    assert.equal(request.headers.authorization, 'Bearer aaa.bbb.ccc');
    answering(401, '{"error":"expired","message":"The token has expired."}')(request, response);
  });
  const error = await refusal(discover(testContext(), { url, token: 'aaa.bbb.ccc' }));
  assert.deepEqual([error.code, error.exitCode], ['token_refused', 4]);
  assert.match(error.message, /The token has expired \(expired\)\.$/);
  assert.ok(!`${error.message}${error.hint}`.includes('aaa.bbb.ccc'));
});

test('reports a clock that is far off once, and ignores a small difference', async (t) => {
  const url = await listen(
    t,
    answering(200, JSON.stringify(EDGE), { date: 'Thu, 05 Nov 2026 12:00:00 GMT' }),
  );
  const warnings = async (now: string) => {
    const context = testContext({ now: () => new Date(now) });
    await discover(context, { url });
    await discover(context, { url });
    const warned = context.events.filter(({ type }) => type === 'warning');
    assert.ok(warned.length <= 1);
    return warned.map((event) => JSON.stringify(event));
  };
  assert.deepEqual(await warnings('2026-11-05T12:01:00Z'), []);
  assert.match((await warnings('2026-11-05T12:12:00Z')).join(), /12m 00s ahead of/);
  assert.match((await warnings('2026-11-05T11:30:00Z')).join(), /30m 00s behind/);
});

test('stops at Ctrl-C', async (t) => {
  const url = await listen(t, () => {});
  const context = testContext();
  const asking = discover(context, { url });
  context.abort.abort();
  await assert.rejects(asking, { code: 'interrupted' });
});
