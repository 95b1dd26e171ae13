import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { EdgeIssuer, UploadPolicy } from '../../edge/config.ts';
import { REFUSALS } from '../../edge/refusal.ts';
import type { EdgeHeaders, EdgeRequest } from '../../edge/request/viewer-request.ts';
import { viewerDecision } from '../../local/cloudfront/data-plane/function/viewer-result.ts';
import { detect } from '../../local/s3/detect.ts';
import { type Claims, claimsOf } from '../support/keys/forge.ts';
import { runBundle } from './support/bundle.ts';
import { type Dice, dice, mutate, ODD } from './support/hostile.ts';
import { type IssuerKey, issuerKey, ORIGIN, outside, personal, seconds, signed } from './support/issuers.ts';
import { bakedWith, deviceKey, link, SIGNING_KEY } from './support/own-tokens.ts';
import { accessToken, claims, config, POOL_KEY, signingKey } from './support/pool.ts';
import { viewerEvent } from './support/viewer.ts';

const LIMIT = 40_000;
const RUNS = 2_500;

const STATUSES = new Set<number>([200, 204, ...Object.values(REFUSALS)]);
const MEMBERS = ['clientIp', 'headers', 'method', 'querystring', 'uri'];
const PASSING =
  /^(?:host|via|cdn-loop|content-(?:length|type|encoding|language|md5|disposition)|transfer-encoding|cache-control|if-none-match|origin|x-amz-(?:mp-object-size|sdk-checksum-algorithm)|x-amz-(?:meta|checksum)-[!-9;-~]+)$/;

const POLICIES: readonly UploadPolicy[] = [
  {},
  { writeTo: '{username}/' },
  { writeTo: `${'long-folder-name/'.repeat(25)}{group}/`, allowGroups: ['g1', 'g2'] },
  { writeTo: '{group}/{sub}', maxSize: 10, corsOrigins: ['https://app.example.com'] },
  { writeTo: '{group}-{username}/' },
];

const STRINGS = [
  ...['', 'ada', 'g1', 'a/b', '..', '%2F', '%', '%ff', '%00', '{username}', '__proto__', 'constructor'],
  ...['\u0000', '\r\nx-amz-acl: public-read', '\ud800', '\u202e', 'e\u0301', '日本', '\u{1f600}', ' a  b '],
  ...['x'.repeat(3_000), 'é'.repeat(2_000), '"\\'.repeat(500), '{{resolve:ssm:x}}', '2026-11-28'],
];

const NUMBERS = [
  '0',
  '-1',
  '1e400',
  '-1e400',
  '1e308',
  '1e300',
  '253402300800',
  '9999999999',
  '1.5',
  '"1"',
  'null',
  '[]',
];

const UNKNOWN = signingKey('unknown');

const TIMES = ['exp', 'nbf', 'iat', 'auth_time'];

/** An issuer, and the claims of its tokens. */
interface Signer {
  readonly key: IssuerKey;
  readonly claims: () => Claims;
  /** The groups claim. Absent for tokens without groups. */
  readonly groups?: string;
  /** Prefix of a link or key before its JWT. */
  readonly prefix?: string;
  /** Paths that its tokens are allowed to write, or that are similar. */
  readonly paths: readonly string[];
}

const POOL: Signer = {
  key: { alg: 'RS256', jwk: POOL_KEY.jwk, privateKey: POOL_KEY.privateKey },
  claims,
  groups: 'cognito:groups',
  paths: ['/ada/k', '/home/ada/k', '/k', '/g1/k'],
};

/** Claims that distinguish issuers, kinds of tokens and callers. */
const TELLING = [
  ...['crit', 'aud', 'nbf', 'jku', 'nonce', 'scope', 'scp', 'idtyp', 'azp', 'typ', 'token_use', 'events'],
  ...['email_verified', '_claim_names', 'hasgroups', 'ref', 'repository', 'k', 'p', 'max', 'nc', 'n'],
];

/** Returns a token with any claims, signed by its issuer. */
function anyToken({ roll, pick }: Dice, { key, claims, groups, prefix = '' }: Signer): string {
  const names = Array.from({ length: pick([0, 1, 3, 100]) }, (_, at) =>
    pick(['g1', `group-${at}`, 'é'.repeat(40)]),
  );
  const header: Record<string, unknown> = { alg: key.alg, kid: key.jwk.kid };
  const body: Record<string, unknown> = { ...claims(), ...(groups && { [groups]: names }) };
  for (let changes = pick([0, 0, 1, 2]); changes > 0; changes -= 1) {
    const part = roll(4) === 0 ? header : body;
    part[pick([...Object.keys(part), ...TELLING])] = pick([...STRINGS, ...ODD.filter(isJson)]);
  }
  const json = JSON.stringify(body);
  const odd =
    roll(4) > 0
      ? json
      : json.replace(new RegExp(`"${pick(TIMES)}":\\d+`), `"${pick(TIMES)}":${pick(NUMBERS)}`);
  return prefix + signed(key, odd, header);
}

/** Returns a token as its issuer issues it. */
const plainToken = ({ key, claims, prefix = '' }: Signer) => prefix + signed(key, claims());

function isJson(value: unknown): boolean {
  return !['undefined', 'function', 'symbol', 'bigint'].includes(typeof value);
}

/** Returns a request in CloudFront's form, with any text in it. */
function anyRequest(random: Dice, signers: readonly Signer[]) {
  const { roll, pick } = random;
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: roll(most) }, () => pick(from));
  const signer = pick(signers);
  const others = signers.flatMap(({ paths }) => paths);
  const tokens = [
    () => anyToken(random, signer),
    () => anyToken(random, signer),
    () => plainToken(signer),
    () => accessToken({ 'cognito:groups': ['g1'] }),
    () => accessToken(),
    () => pick(STRINGS),
    () => accessToken({}, UNKNOWN),
  ];
  const [{ cf }] = viewerEvent({}).Records;
  const headers: Record<string, { key?: string; value: string }[]> = { ...cf.request.headers };
  const add = (name: string, value: string) => {
    headers[name] = [...(Object.hasOwn(headers, name) ? (headers[name] ?? []) : []), { key: name, value }];
  };
  for (let left = pick([0, 1, 1, 1, 1, 1, 2]); left > 0; left -= 1) add('authorization', pick(tokens)());
  for (let left = pick([0, 0, 0, 1, 1, 2, 4]); left > 0; left -= 1) {
    const names = [
      'x-amz-meta-a',
      'x-amz-acl',
      'cookie',
      'origin',
      'content-length',
      'if-none-match',
      'via',
      'if-match',
    ];
    add(
      pick([...names, 'access-control-request-method', `x-amz-meta-${pick(STRINGS)}`]).toLowerCase(),
      pick(STRINGS),
    );
  }
  if (roll(10) === 0) {
    const asked = Array.from({ length: 1_500 }, (_, at) => `x-amz-meta-${'n'.repeat(10)}${at}`).join(',');
    headers.origin = [{ key: 'Origin', value: 'https://app.example.com' }];
    add('access-control-request-headers', asked);
    add('access-control-request-method', 'PUT');
  }
  const request = {
    ...cf.request,
    method: roll(2) ? 'PUT' : pick(['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD', ...some(STRINGS, 2)]),
    uri: pick([
      ...['/.well-known/edge-upload', '/.well-known/edge-upload', ...others],
      ...signer.paths.flatMap((path) => [path, path, path]),
      `/ada/${some([...STRINGS, '/', 'a'], 3).join('')}`,
    ]),
    querystring: roll(2)
      ? ''
      : pick(['uploads', 'uploadId=U', 'partNumber=1&uploadId=U', ...some(STRINGS, 2)]),
    headers,
  };
  return { Records: [{ cf: { ...cf, request } }] as const };
}

interface Answered {
  readonly kind: 'forward' | 'respond';
  readonly status: number;
}

function check(result: unknown, log: readonly string[]): Answered {
  const value = result as Record<string, unknown> & { headers: Record<string, unknown[]> };
  if (!('status' in value)) {
    assert.deepEqual(
      Object.keys(value).filter((name) => !MEMBERS.includes(name)),
      [],
    );
    for (const [name, entries] of Object.entries(value.headers)) {
      assert.match(name, PASSING);
      for (const entry of entries as Record<string, unknown>[]) {
        assert.deepEqual(
          Object.keys(entry).filter((member) => member !== 'key' && member !== 'value'),
          [],
        );
        for (const text of Object.values(entry)) assert.equal(typeof text, 'string');
        assert.equal(String(entry.key ?? name).toLowerCase(), name);
        assert.doesNotMatch(String(entry.value), /\p{Cc}/u);
      }
    }
    return { kind: 'forward', status: 0 };
  }
  const bytes =
    Buffer.byteLength(JSON.stringify(value.headers)) + Buffer.byteLength(String(value.body ?? ''));
  assert.ok(bytes <= LIMIT, `${bytes} bytes`);
  const status = Number(value.status);
  assert.ok(STATUSES.has(status), String(status));
  if (value.body !== undefined) JSON.parse(String(value.body));
  for (const line of log) assert.doesNotMatch(line, /eyJ/);
  return { kind: 'respond', status };
}

const unreachable = {
  https: {
    request: (_uri: string, _respond: unknown) => {
      throw new Error('no network');
    },
  },
};

test('answers any well-formed request and signed token within bounds, without a fault', async () => {
  const random = dice(20261128);
  const counts = { forward: 0, respond: 0 };
  for (const policy of POLICIES) {
    const { handler, log } = runBundle(config(policy), unreachable);
    const ambiguous = policy.writeTo === '{group}-{username}/';
    for (let run = 0; run < RUNS / POLICIES.length; run += 1) {
      const { kind, status } = check(await handler(anyRequest(random, [POOL])), log.splice(0));
      counts[kind] += 1;
      assert.ok(status !== 500 || ambiguous, 'a fault of the edge');
      assert.ok(kind === 'respond' || !ambiguous, 'something was written under a rule of shared keys');
    }
  }
  assert.ok(counts.forward > 20 && counts.respond > 500, JSON.stringify(counts));
});

const EMAIL = 'ada@acme.com';
const audiences = { corp: 'api://uploads', ci: ORIGIN };
const [PEOPLE_KEY, JOBS_KEY] = [issuerKey('EdDSA', 'people'), issuerKey('ES256', 'jobs')];
const provided = (aud: string, more: Claims): Signer['claims'] => {
  return () => ({ ...personal({ iss: 'https://id.example.com/', aud, email: EMAIL }), ...more });
};

/** Issuers of one provider: people and jobs. */
const TRUSTED: readonly EdgeIssuer[] = [
  outside({
    alias: 'corp',
    keys: [PEOPLE_KEY.jwk],
    audiences: [audiences.corp],
    groups: ['groups'],
    rules: [
      { when: [{ claim: ['groups'], is: ['g1'] }], writeTo: '{issuer}/{group}/{sub}/', noClobber: true },
      { when: [{ claim: ['email'], is: [EMAIL] }], writeTo: '{issuer}/{email}/', maxSize: 10 },
      { writeTo: '{issuer}/{sub}' },
    ],
  }),
  outside({
    alias: 'ci',
    kind: 'workload',
    token: 'id',
    keys: [JOBS_KEY.jwk],
    name: ['repository'],
    rules: [{ when: [{ claim: ['ref'], is: ['refs/heads/*'] }], writeTo: '{issuer}/{repository}/' }],
  }),
];

const SIGNERS: readonly Signer[] = [
  POOL,
  {
    key: PEOPLE_KEY,
    claims: provided(audiences.corp, { scope: 'upload' }),
    groups: 'groups',
    paths: [`/corp/${EMAIL}/k`, '/corp/ada/k', '/corp/g1/ada/k'],
  },
  {
    key: JOBS_KEY,
    claims: provided(audiences.ci, { repository: 'acme/app', ref: 'refs/heads/main' }),
    groups: 'groups',
    paths: ['/ci/acme/app/k'],
  },
  {
    key: SIGNING_KEY,
    claims: () => claimsOf(link({ k: 'links/k', max: 10 })),
    prefix: 'eul_',
    paths: ['/links/k', '/links/k/x', '/links/'],
  },
  {
    key: SIGNING_KEY,
    claims: () => claimsOf(deviceKey({ p: 'keys/a/' })),
    prefix: 'euk_',
    paths: ['/keys/a/k', '/keys/b/k', '/keys/a'],
  },
];

interface Place {
  /** Prefix of its keys. For a link to one key, that key. */
  readonly under: string;
  readonly stamp: RegExp;
}

/** Returns where a token with these claims is allowed to write, and under which name. */
function placeOf({ iss, aud, sub, k, p }: Claims): Place {
  if (iss === 'edge') {
    return { under: String(k ?? p), stamp: new RegExp(`^${sub}$`) };
  }
  if (iss !== 'https://id.example.com/') return { under: 'home/', stamp: /^[^:]*$/ };
  const alias = [aud].flat().includes(audiences.corp) ? 'corp' : 'ci';
  return { under: `${alias}/`, stamp: new RegExp(`^${alias}:`) };
}

/** Returns the operation and key that S3 reads from a forwarded request. */
function targetInS3({ method, uri, querystring: query }: EdgeRequest) {
  return detect({ method, path: `/bucket${uri}`, query, headers: {}, body: Readable.from([]) });
}

test('allows only its own keys to any token of an issuer, link or key', async () => {
  const random = dice(20261129);
  const policy = { writeTo: 'home/{username}/', corsOrigins: ['https://app.example.com'] };
  const { handler, log } = runBundle(
    bakedWith({ policy, issuers: TRUSTED, bakedAt: seconds() }),
    unreachable,
  );
  const written: Record<string, number> = { home: 0, corp: 0, ci: 0, links: 0, keys: 0 };
  for (let run = 0; run < 3 * RUNS; run += 1) {
    const event = anyRequest(random, SIGNERS);
    const result = await handler(event);
    const { kind, status } = check(result, log.splice(0));
    assert.notEqual(status, 500, 'a fault of the edge');
    if (kind !== 'forward') continue;
    const [{ cf }] = event.Records;
    const { method, headers } = cf.request;
    const claims = claimsOf(headers?.authorization?.[0]?.value ?? '');
    const { under, stamp } = placeOf(claims);
    viewerDecision({ outcome: 'returned', value: result }, cf.request);
    const { querystring, headers: sent } = result as EdgeRequest;
    const target = targetInS3(result as EdgeRequest);
    const isList = target.operation.name === 'ListMultipartUploads';
    const key = isList ? String(target.query.get('prefix')) : target.key;
    assert.ok(claims.k === undefined ? key.startsWith(under) && key !== under : key === under, key);
    const name = sent['x-amz-meta-uploaded-by']?.[0]?.value;
    if (name !== undefined) assert.match(name, stamp);
    assert.ok(!isList || claims.iss !== 'edge', 'lists uploads');
    if (method === 'PUT' && querystring === '' && (claims.k !== undefined || key.startsWith('corp/g1/'))) {
      assert.equal(sent['if-none-match']?.[0]?.value, '*');
    }
    const [folder = ''] = key.split('/');
    written[folder] = (written[folder] ?? 0) + 1;
  }
  const { home, corp, ci, links, keys } = written;
  for (const count of [home, corp, ci, links, keys]) assert.ok(Number(count) > 10, JSON.stringify(written));
});

/** Header lines of uploads, and others that the edge must drop or refuse. */
const LINES = [
  ...['Content-Type: text/plain', 'Content-Type: ', 'Cache-Control: no-cache', 'If-None-Match: *'],
  ...['If-None-Match: "a"', 'If-Match: *', 'Content-Encoding: gzip', 'Content-Encoding: aws-chunked'],
  ...['x-amz-meta-a: b', 'x-amz-meta-name: Zoë 日本', 'x-amz-meta-a:  b', 'x-amz-meta-uploaded-by: eve'],
  ...['x-amz-checksum-crc32: AAAAAA==', 'x-amz-mp-object-size: 5', 'x-amz-mp-object-size: 50'],
  ...['x-amz-acl: public-read', 'x-amz-tagging: a=b', 'x-amz-copy-source: /b/k', 'x-amz-trailer: a'],
  ...['x-amz-website-redirect-location: /', 'x-amz-server-side-encryption: aws:kms', 'Cookie: a=b; a=c'],
  ...['Cookie: ', 'Origin: https://app.example.com', 'Origin: null', 'Transfer-Encoding: chunked'],
  ...['Content-Length: 5', 'Content-Length: 50', 'Content-Length: 99999999999999999', 'Via: 1.1 a'],
  ...['X-HTTP-Method-Override: GET', '__proto__: a', 'constructor: a', 'Forwarded: for=a', 'X: é'],
];

const PARAMETERS = [
  ...['uploads=', 'uploadId=U', 'uploadId=a+b/c==', 'partNumber=1', 'partNumber=0', 'max-parts=5'],
  ...['part-number-marker=3', 'acl=', 'x-id=PutObject', 'versionId=null', 'Uploads='],
];

interface Parts {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly string[];
  /** Lines of one header stay in order. */
  readonly lines: readonly string[];
}

function anyParts({ roll, pick }: Dice, { paths }: Signer, token: string): Parts {
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: roll(most) }, () => pick(from));
  const usual = [
    ...[
      { method: 'PUT', parameters: [] },
      { method: 'PUT', parameters: ['partNumber=1', 'uploadId=U'] },
    ],
    ...[
      { method: 'POST', parameters: ['uploads='] },
      { method: 'GET', parameters: ['uploadId=a+b/c=='] },
    ],
    { method: 'DELETE', parameters: ['uploadId=U'] },
  ];
  const odd = {
    method: pick(['PUT', 'GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']),
    parameters: some(PARAMETERS, 4),
  };
  return {
    ...(roll(3) > 0 ? pick(usual) : odd),
    path: pick([...paths, ...paths, '/home/ada/é 日/%25+!', '/home/ada/..', '/home//k']),
    lines: [`Authorization: Bearer ${token}`, ...some(LINES, pick([1, 1, 3, 40]))],
  };
}

/** Returns the event of a request with other letters, encodings and orders that mean the same. */
function spelled({ method, path, parameters, lines }: Parts, { roll }: Dice) {
  const encoded = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) => {
        const sign = String.fromCharCode(byte);
        const code = `%${byte.toString(16).padStart(2, '0')}`;
        if (/[\w.~/-]/.test(sign) && roll(4) > 0) return sign;
        return roll(2) ? code : code.toUpperCase();
      })
      .join('');
  const shuffled = <T>(list: readonly T[]) =>
    list
      .map((one) => ({ one, at: roll(1_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  const nameOf = (line: string) => line.slice(0, line.indexOf(':'));
  const anyCase = (name: string) =>
    Array.from(name, (sign) => (roll(2) ? sign.toUpperCase() : sign.toLowerCase())).join('');
  const names = shuffled([...new Set(lines.map((line) => nameOf(line).toLowerCase()))]);
  const query = shuffled(parameters).map((one) => {
    const at = one.indexOf('=');
    return `${encoded(one.slice(0, at))}=${encoded(one.slice(at + 1))}`;
  });
  return viewerEvent({
    method,
    target: `/${encoded(path.slice(1))}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    headers: names.flatMap((name) =>
      lines
        .filter((line) => nameOf(line).toLowerCase() === name)
        // As Node reads it: one character a byte.
        .map((line) => anyCase(name) + Buffer.from(line.slice(name.length)).toString('latin1')),
    ),
  });
}

/** Returns what a decision means, without its spelling. */
function meaningOf(result: unknown): unknown {
  const { status, body, uri, querystring, headers } = result as Record<string, string> & {
    readonly headers: EdgeHeaders;
  };
  if (status !== undefined) return { status, error: JSON.parse(body ?? '{}').error };
  const sorted = Object.entries(headers).map(
    ([name, list]) => [name, list.map(({ value }) => value)] as const,
  );
  return { uri, query: querystring?.split('&').sort(), headers: sorted.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

test('decides the same for every spelling of a request, and forwards no cookie', async () => {
  const random = dice(20261130);
  const policy = { writeTo: 'home/{username}/', maxSize: 20, corsOrigins: ['https://app.example.com'] };
  const { handler, log } = runBundle(
    bakedWith({ policy, issuers: TRUSTED, bakedAt: seconds() }),
    unreachable,
  );
  const tokens = SIGNERS.map((signer) => ({ signer, token: plainToken(signer) }));
  const counts = { forward: 0, respond: 0 };
  for (let run = 0; run < RUNS; run += 1) {
    const { signer, token } = random.pick(tokens);
    const parts = anyParts(random, signer, token);
    const event = spelled(parts, random);
    const [one, other] = [await handler(event), await handler(spelled(parts, random))];
    counts[check(one, log.splice(0)).kind] += 1;
    assert.deepEqual(meaningOf(one), meaningOf(other), JSON.stringify(parts));
    viewerDecision({ outcome: 'returned', value: one }, event.Records[0].cf.request);
  }
  assert.ok(counts.forward > 100 && counts.respond > 1_000, JSON.stringify(counts));
});

test('answers an event of any shape within bounds, and drops unknown members', async () => {
  const random = dice(4711);
  const counts = { forward: 0, respond: 0 };
  const { handler, log } = runBundle(config(), unreachable);
  const token = accessToken();
  for (let run = 0; run < RUNS; run += 1) {
    const event = viewerEvent({
      target: random.pick(['/k', '/k?partNumber=1&uploadId=U']),
      headers: [`Authorization: ${token}`, 'x-amz-meta-a: b', 'Content-Type: text/plain'],
    });
    const [{ cf }] = event.Records;
    const grown = { ...cf.request, [random.pick(['body', 'origin', 'extra', 'status2'])]: random.pick(ODD) };
    const mutated = { Records: [{ cf: { ...cf, request: mutate(grown, random) } }] };
    counts[check(await handler(random.roll(2) ? mutated : mutate(mutated, random)), log.splice(0)).kind] += 1;
  }
  assert.ok(counts.forward > 50 && counts.respond > 500, JSON.stringify(counts));
});
