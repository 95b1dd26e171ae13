import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakedConfig } from '../../edge/config.ts';
import { createHandler } from '../../edge/handler.ts';
import { configOf } from '../../edge/issuers.ts';
import { REFUSALS, type RefusalCode } from '../../edge/refusal.ts';
import type { EdgeRequest } from '../../edge/request/viewer-request.ts';
import { createVerify } from '../../edge/token/verify.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { type Claims, signHs256, unsigned } from '../support/keys/forge.ts';
import { DOMAIN, issuerKey, ORIGIN, SHARED_KEY, seconds, signed } from './support/issuers.ts';
import { bakedWith, deviceKey, link, SIGNING_KEY } from './support/own-tokens.ts';
import { accessToken } from './support/pool.ts';
import { plainHeaders, readResponse, type Sent, viewerEvent } from './support/viewer.ts';

const DAY = 24 * 3600;

interface Passed {
  /** `passed`, or the code of the refusal. */
  readonly outcome: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An edge without a network. */
function edgeOf(changes: Partial<BakedConfig> = {}, now = Date.now) {
  const config = configOf(bakedWith(changes));
  const log: string[] = [];
  const download = async () => assert.fail('that went over the network');
  const handle = createHandler({
    config,
    verify: createVerify(config, { download, now }),
    log: (line) => log.push(line),
  });
  const send = async (token: string, sent: Sent = {}): Promise<Passed> => {
    const headers = [`Authorization: Bearer ${token}`, ...(sent.headers ?? [])];
    const answer = await handle(viewerEvent({ target: '/in/report.pdf', ...sent, headers }));
    if (!('status' in answer)) {
      const passed = plainHeaders((answer as EdgeRequest).headers);
      return { outcome: 'passed', message: '', headers: passed, body: {} };
    }
    const { status, headers: answered, body } = readResponse(answer);
    const outcome = body.error ?? 'answered';
    assert.equal(status, body.error === undefined ? 200 : REFUSALS[body.error as RefusalCode]);
    return { outcome, message: body.message ?? '', headers: answered, body };
  };
  return { send, log };
}

const CREATE = { method: 'POST', target: '/in/report.pdf?uploads' };
const PART = { target: '/in/report.pdf?partNumber=1&uploadId=U' };
const COMPLETE = { method: 'POST', target: '/in/report.pdf?uploadId=U' };
const OPERATIONS: readonly Sent[] = [
  {},
  CREATE,
  PART,
  COMPLETE,
  { method: 'DELETE', target: '/in/report.pdf?uploadId=U' },
  { method: 'GET', target: '/in/report.pdf?uploadId=U' },
];
const LIST = { method: 'GET', target: '/in/report.pdf?uploads' };

test('a link uploads its key, whole or in parts, and replaces nothing', async () => {
  const { send } = edgeOf();
  for (const nc of [true, undefined]) {
    const token = link({ nc });
    for (const sent of OPERATIONS) {
      const { outcome, headers } = await send(token, sent);
      assert.equal(outcome, 'passed', JSON.stringify(sent));
      const { authorization, 'x-amz-meta-uploaded-by': stamp, 'if-none-match': condition } = headers;
      assert.equal(authorization, undefined);
      assert.equal(stamp, sent.target === undefined || sent === CREATE ? 'link:Ab3-_xY9' : undefined);
      assert.equal(condition, sent.target === undefined || sent === COMPLETE ? '*' : undefined);
    }
    assert.equal((await send(token, LIST)).outcome, 'forbidden_key');
  }
});

test('a key uploads below its prefix, and overwrites unless it has nc', async () => {
  const { send } = edgeOf();
  const [may, mayNot] = [deviceKey(), deviceKey({ nc: true })];
  const target = '/sensors/a/1.csv';
  const passed = await send(may, { target });
  assert.equal(passed.headers['x-amz-meta-uploaded-by'], 'key:Cd4_-zW8');
  assert.equal(passed.headers['if-none-match'], undefined);
  assert.equal((await send(mayNot, { target })).headers['if-none-match'], '*');
  const complete = { method: 'POST', target: `${target}?uploadId=U` };
  assert.equal((await send(mayNot, complete)).headers['if-none-match'], '*');
  assert.equal((await send(may, { method: 'GET', target: `${target}?uploads` })).outcome, 'forbidden_key');
  // A client can send the condition too. A name that it sends is never used.
  const asked = await send(may, { target, headers: ['If-None-Match: *', 'x-amz-meta-uploaded-by: link:x'] });
  assert.equal(asked.headers['if-none-match'], '*');
  assert.equal(asked.headers['x-amz-meta-uploaded-by'], 'key:Cd4_-zW8');
});

test('no operation affects keys outside the key or prefix of a token', async () => {
  const { send } = edgeOf();
  const rows: readonly (readonly [token: string, key: string, outcome: string])[] = [
    [link(), 'in/report.pdf', 'passed'],
    [link(), 'in/report.pd', 'forbidden_key'],
    [link(), 'in/report.pdf2', 'forbidden_key'],
    [link(), 'in/report.pdf/a', 'forbidden_key'],
    [link(), 'in/Report.pdf', 'forbidden_key'],
    [link(), 'in', 'forbidden_key'],
    [link(), 'in/a/../report.pdf', 'bad_key'],
    [link(), 'in/%2e/report.pdf', 'bad_key'],
    [link(), 'in%2Freport.pdf', 'passed'],
    [link({ k: undefined, p: 'in/' }), 'in/a/b', 'passed'],
    [link({ k: undefined, p: 'in/' }), 'in', 'forbidden_key'],
    [link({ k: undefined, p: 'in/' }), 'inn/a', 'forbidden_key'],
    [link({ k: undefined, p: 'in/' }), 'in/../out/a', 'bad_key'],
    [link({ k: undefined, p: 'in/' }), 'in/..%2Fout', 'bad_key'],
    [link({ k: undefined, p: 'img-' }), 'img-1', 'passed'],
    [link({ k: undefined, p: 'img-' }), 'img-', 'forbidden_key'],
    [link({ k: undefined, p: 'img-' }), 'img', 'forbidden_key'],
    [link({ k: undefined, p: '.well' }), '.well-known/edge-upload/tokens/a.json', 'bad_key'],
    [link({ k: undefined, p: '{username}/' }), 'ada/a', 'forbidden_key'],
    [link({ k: undefined, p: '{username}/' }), '%7Busername%7D/a', 'passed'],
    [deviceKey(), 'sensors/a/1', 'passed'],
    [deviceKey(), 'sensors/b/1', 'forbidden_key'],
    [deviceKey({ k: 'sensors/a', p: undefined }), 'sensors/a', 'passed'],
    [deviceKey({ k: 'sensors/a', p: undefined }), 'sensors/a/1', 'forbidden_key'],
  ];
  for (const [token, key, outcome] of rows) {
    for (const { method = 'PUT', target = '' } of OPERATIONS) {
      const [, query] = target.split('?');
      const sent = { method, target: query === undefined ? `/${key}` : `/${key}?${query}` };
      assert.equal((await send(token, sent)).outcome, outcome, JSON.stringify(sent));
    }
  }
});

const other = issuerKey('EdDSA', SIGNING_KEY.jwk.kid);
const ec = issuerKey('ES256', SIGNING_KEY.jwk.kid);
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
const raw = claimsOf(link());
const publicKey = Buffer.from(SIGNING_KEY.jwk.x ?? '', 'base64url').toString('latin1');
const now = seconds();

/** Everything that can be wrong with a token, in the order of the edge's checks. */
const WRONG: readonly (readonly [name: string, token: string, code: RefusalCode])[] = [
  ['without a prefix', link({}, { prefix: '' }), 'wrong_token_kind'],
  ['a key without a prefix', deviceKey({}, { prefix: '' }), 'wrong_token_kind'],
  ['with the prefix of keys', link({}, { prefix: 'euk_' }), 'invalid_claim'],
  ['a key with the prefix of links', deviceKey({}, { prefix: 'eul_' }), 'invalid_claim'],
  ['with both prefixes', link({}, { prefix: 'eul_eul_' }), 'invalid_token'],
  ['with an upper-case prefix', link({}, { prefix: 'EUL_' }), 'invalid_token'],
  ['with an unknown prefix', link({}, { prefix: 'eux_' }), 'invalid_token'],
  ['a token of the pool with a prefix', `eul_${accessToken()}`, 'wrong_token_kind'],
  ['a token of the pool with the other prefix', `euk_${accessToken()}`, 'wrong_token_kind'],
  ['a prefix alone', 'eul_', 'invalid_token'],
  ['another issuer', link({ iss: 'Edge' }), 'unknown_issuer'],
  ['no issuer', link({ iss: undefined }), 'unknown_issuer'],
  ['alg none', `eul_${unsigned(raw, SIGNING_KEY.jwk.kid)}`, 'invalid_token'],
  ['alg none with a signature', link({}, { header: { alg: 'none' } }), 'unsupported_algorithm'],
  ['HS256', `eul_${signHs256(raw, SIGNING_KEY.jwk.kid, publicKey)}`, 'unsupported_algorithm'],
  ['the same key as ES256', link({}, { header: { alg: 'ES256' } }), 'unsupported_algorithm'],
  ['the same key as RS256', link({}, { header: { alg: 'RS256' } }), 'unsupported_algorithm'],
  ['the same key as Ed25519', link({}, { header: { alg: 'Ed25519' } }), 'unsupported_algorithm'],
  ['an EC key of the same kid', link({}, { key: ec }), 'unsupported_algorithm'],
  ['a crit header', link({}, { header: { crit: ['exp'] } }), 'unsupported_crit'],
  ['no kid', link({}, { header: { kid: undefined } }), 'invalid_token'],
  ['an unknown kid', link({}, { header: { kid: 'unknown' } }), 'invalid_token'],
  ['a kid that is a member of Object', link({}, { header: { kid: '__proto__' } }), 'invalid_token'],
  ['another key of the same kid', link({}, { key: other }), 'invalid_token'],
  ['a key of its own in the header', link({}, { key: other, header: { jwk: other.jwk } }), 'invalid_token'],
  ['an RSA key', `eul_${signed(SHARED_KEY, raw)}`, 'invalid_token'],
  ['for another deployment', link({ aud: 'https://d2.cloudfront.net' }), 'wrong_audience'],
  ['for the edge with a slash', link({ aud: `${ORIGIN}/` }), 'wrong_audience'],
  ['for the edge by http', link({ aud: `http://${DOMAIN}` }), 'wrong_audience'],
  ['for several edges', link({ aud: [ORIGIN] }), 'invalid_claim'],
  ['for none', link({ aud: undefined }), 'invalid_claim'],
  ['sub of the other kind', link({ sub: 'key:Ab3-_xY9' }), 'invalid_claim'],
  ['sub without a kind', link({ sub: 'Ab3-_xY9' }), 'invalid_claim'],
  ['sub with a short id', link({ sub: 'link:Ab3-_xY' }), 'invalid_claim'],
  ['sub with a long id', link({ sub: 'link:Ab3-_xY99' }), 'invalid_claim'],
  ['sub with a line break', link({ sub: 'link:Ab3-_xY9\n' }), 'invalid_claim'],
  ['sub as a list', link({ sub: ['link:Ab3-_xY9'] }), 'invalid_claim'],
  ['no sub', link({ sub: undefined }), 'invalid_claim'],
  ['revoked', link({ sub: 'link:revoked1' }), 'token_revoked'],
  ['a revoked key', deviceKey({ sub: 'key:revoked1' }), 'token_revoked'],
  ['expired', link({ iat: now - 100, exp: now - 1 }), 'token_expired'],
  ['no end', link({ exp: undefined }), 'missing_expiry'],
  ['an end as text', link({ exp: String(now + 60) }), 'invalid_claim'],
  ['a link of 32 days', link({ exp: now + 32 * DAY }), 'lifetime_too_long'],
  ['a key of 367 days', deviceKey({ exp: now + 367 * DAY }), 'lifetime_too_long'],
  ['a link that was made long ago', link({ iat: now - 32 * DAY, exp: now + 3600 }), 'lifetime_too_long'],
  ['an end in the year 9999', deviceKey({ exp: 253_402_300_799 }), 'lifetime_too_long'],
  ['from the future', link({ iat: now + 900, exp: now + 1800 }), 'token_not_yet_valid'],
  ['no beginning', link({ iat: undefined }), 'invalid_claim'],
  ['a beginning as text', link({ iat: String(now) }), 'invalid_claim'],
  ['a beginning below zero', link({ iat: -1 }), 'invalid_claim'],
  ['both k and p', link({ p: 'in/' }), 'invalid_claim'],
  ['both, k null', link({ k: null, p: 'in/' }), 'invalid_claim'],
  ['neither', link({ k: undefined }), 'invalid_claim'],
  ['k null', link({ k: null }), 'invalid_claim'],
  ['k empty', link({ k: '' }), 'invalid_claim'],
  ['k a list', link({ k: ['in/report.pdf'] }), 'invalid_claim'],
  ['k reserved', link({ k: '.well-known/edge-upload/tokens/a.json' }), 'invalid_claim'],
  ['k with dots', link({ k: 'in/../report.pdf' }), 'invalid_claim'],
  ['k with a slash at the end', link({ k: 'in/' }), 'invalid_claim'],
  ['k too long', link({ k: 'x'.repeat(1025) }), 'invalid_claim'],
  ['k with half a letter', link({ k: 'a\ud800' }), 'invalid_claim'],
  ...['', '/', '//', 'in//', '/in/', '..', '../', 'in/../', './', 'in/./', '.well-known/', '.well-known'].map(
    (p) => [`p “${p}”`, link({ k: undefined, p }), 'invalid_claim'] as const,
  ),
  ['p a number', link({ k: undefined, p: 7 }), 'invalid_claim'],
  ['p with a control character', link({ k: undefined, p: 'in\u0000/' }), 'invalid_claim'],
  ...[0, -1, 1.5, '10', null, [10], 2 ** 53, true].map(
    (max) => [`max ${JSON.stringify(max)}`, link({ max }), 'invalid_claim'] as const,
  ),
  ...[false, null, 1, 'true', {}].map(
    (nc) => [`nc ${JSON.stringify(nc)}`, deviceKey({ nc }), 'invalid_claim'] as const,
  ),
  ...['', 'x'.repeat(201), 'a\nb', 'a\ud800', 7, null].map(
    (n) => [`a note ${JSON.stringify(n)}`, link({ n }), 'invalid_claim'] as const,
  ),
  ['a note of a key', deviceKey({ n: 'Figures' }), 'invalid_claim'],
  ['an unknown claim', link({ scope: 'admin' }), 'invalid_claim'],
  ['an unknown claim that is null', link({ nbf: null }), 'invalid_claim'],
  ['claims that are a list', `eul_${signed(SIGNING_KEY, '[]')}`, 'invalid_token'],
  [
    'a claim __proto__',
    `eul_${signed(SIGNING_KEY, JSON.stringify(raw).replace('{', '{"__proto__":{},'))}`,
    'invalid_claim',
  ],
];

test('refuses a link or key with any wrong claim for every operation', async (t) => {
  const { send, log } = edgeOf({ signing: { keys: [SIGNING_KEY.jwk], revoked: ['revoked1'] } });
  for (const [name, token, code] of WRONG) {
    await t.test(name, async () => {
      for (const sent of [...OPERATIONS, LIST, { method: 'GET', target: '/.well-known/edge-upload' }]) {
        const { outcome, message, headers } = await send(token, sent);
        assert.equal(`${outcome} ${REFUSALS[outcome as RefusalCode]}`, `${code} 401`, message);
        assert.match(headers['www-authenticate'] ?? '', /^Bearer error="invalid_token"/);
        for (const part of token
          .slice(4)
          .split('.')
          .filter((text) => text.length > 8)) {
          assert.ok(!message.includes(part), message);
        }
      }
    });
  }
  const logged = log.join('\n');
  for (const [, token] of WRONG) {
    for (const part of token.split('.').filter((text) => text.length > 8)) assert.ok(!logged.includes(part));
  }
});

test('refuses a link or key in a path or query despite a valid token', async () => {
  const { send, log } = edgeOf();
  const tokens = [link(), deviceKey({ k: undefined, p: 'e' })];
  const good = accessToken();
  for (const token of tokens) {
    const encoded = token.replace('_', '%5F').replace('eyJ', '%65yJ');
    const rows: readonly (readonly [sent: Sent, outcome: string])[] = [
      [{ target: `/${token}` }, 'bad_key'],
      [{ target: `/in/${token}/report.pdf` }, 'bad_key'],
      [{ target: `/~${token}` }, 'bad_key'],
      [{ method: 'GET', target: `/${token}?uploads` }, 'bad_key'],
      [{ method: 'GET', target: `/.well-known/edge-upload?${token}` }, 'bad_query'],
      [{ target: `/in/${encoded}` }, 'bad_key'],
      [{ target: `/k?token=${token}` }, 'bad_query'],
      [{ target: `/k?token=${encoded}` }, 'bad_query'],
      [{ target: `/k?uploadId=${token}&partNumber=1` }, 'bad_query'],
      [{ method: 'POST', target: `/k?uploads=${token}` }, 'bad_query'],
    ];
    for (const [sent, outcome] of rows) {
      for (const presented of [good, token]) {
        assert.equal((await send(presented, sent)).outcome, outcome, JSON.stringify(sent));
      }
    }
    for (const part of token.split('.')) assert.ok(!log.some((line) => line.includes(part)));
  }
});

test('refuses a token with any changed character, before and after it was seen', async () => {
  const { send } = edgeOf();
  const token = link();
  const seen = link({ sub: 'link:seen_-12' });
  assert.equal((await send(seen)).outcome, 'passed');
  for (const good of [token, seen]) {
    for (let at = 0; at < good.length; at += 1) {
      // Another letter, a character outside the alphabet, and no character.
      for (const sign of [
        good[at] === 'A' ? 'B' : 'A',
        good[at] === '_' ? '-' : '_',
        '.',
        '=',
        '%',
        ' ',
        '',
      ]) {
        if (sign === good[at]) continue;
        const changed = `${good.slice(0, at)}${sign}${good.slice(at + 1)}`;
        const { outcome } = await send(changed);
        assert.equal(REFUSALS[outcome as RefusalCode], 401, `${at} ${sign} ${outcome}`);
      }
    }
  }
  assert.equal((await send(token)).outcome, 'passed');
});

test('checks a token seen before again for time, prefix and scope', async () => {
  let time = Date.now();
  const { send } = edgeOf({}, () => time);
  const token = link();
  for (let tries = 0; tries < 2; tries += 1) assert.equal((await send(token)).outcome, 'passed');
  assert.equal((await send(token.slice(4))).outcome, 'wrong_token_kind');
  assert.equal((await send(token.replace('eul_', 'euk_'))).outcome, 'invalid_claim');
  assert.equal((await send(token, { target: '/in/other' })).outcome, 'forbidden_key');
  time += 3600 * 1000;
  assert.equal((await send(token)).outcome, 'token_expired');
});

test('applies the smaller size limit of token and deployment, and announces part sizes', async () => {
  const rows: readonly (readonly [max: number | undefined, policy: number | undefined, limit: number])[] = [
    [10, undefined, 10],
    [10, 100, 10],
    [100, 10, 10],
    [Number.MAX_SAFE_INTEGER, 10, 10],
    [undefined, 10, 10],
  ];
  for (const [max, maxSize, limit] of rows) {
    const { send } = edgeOf({ policy: omitUndefined({ maxSize }) });
    for (const token of [link({ max }), deviceKey({ max, p: 'in/' })]) {
      const whole = (bytes: number) => send(token, { headers: [`Content-Length: ${bytes}`] });
      const parts = (line: string) => send(token, { ...COMPLETE, headers: [line] });
      assert.equal((await whole(limit)).outcome, 'passed');
      assert.equal((await whole(limit + 1)).outcome, 'too_large');
      assert.equal((await parts(`x-amz-mp-object-size: ${limit}`)).outcome, 'passed');
      assert.equal((await parts(`x-amz-mp-object-size: ${limit + 1}`)).outcome, 'too_large');
      assert.equal((await parts('x-other: 1')).outcome, 'size_required');
      const { body } = await send(token, { method: 'GET', target: '/.well-known/edge-upload' });
      assert.equal((body.caller as { maxSize: number }).maxSize, limit);
    }
  }
});

test('describes a link or key only to its holder', async () => {
  const { send } = edgeOf();
  const described = async (token: string) => {
    const { body } = await send(token, { method: 'GET', target: '/.well-known/edge-upload' });
    assert.deepEqual(
      (body.issuers as { alias: string }[]).map(({ alias }) => alias),
      ['cognito'],
    );
    const { tokenExpiresAt, ...caller } = body.caller as { tokenExpiresAt: string };
    assert.ok(Date.parse(tokenExpiresAt) > Date.now());
    return caller;
  };
  const caller = { issuer: 'edge', groups: [] };
  assert.deepEqual(await described(link({ n: 'Q3 figures <b>' })), {
    ...caller,
    username: 'link:Ab3-_xY9',
    sub: 'link:Ab3-_xY9',
    writeTo: ['in/report.pdf'],
    key: 'in/report.pdf',
    noClobber: true,
    note: 'Q3 figures <b>',
  });
  assert.deepEqual(await described(deviceKey({ max: 7 })), {
    ...caller,
    username: 'key:Cd4_-zW8',
    sub: 'key:Cd4_-zW8',
    writeTo: ['sensors/a/'],
    maxSize: 7,
  });
});

test('accepts the longest-lived links and keys, and a clock slightly ahead', async () => {
  const { send } = edgeOf();
  const iat = seconds() + 240;
  for (const token of [
    link({ iat, exp: iat + 31 * DAY }),
    link({ iat: seconds() - 30 * DAY, exp: seconds() + DAY }),
    deviceKey({ iat, exp: iat + 366 * DAY, p: 'in/' }),
  ]) {
    assert.equal((await send(token)).outcome, 'passed');
  }
});

test('verifies with every signing key until it is dropped', async () => {
  const newer = issuerKey('EdDSA', 'newer-key-000000');
  const tokens = [link(), link({}, { key: newer })];
  const outcomes = async (...keys: (typeof newer)[]) => {
    const { send } = edgeOf({ signing: { keys: keys.map(({ jwk }) => jwk) } });
    return Promise.all(tokens.map(async (token) => (await send(token)).outcome));
  };
  assert.deepEqual(await outcomes(newer, SIGNING_KEY), ['passed', 'passed']);
  assert.deepEqual(await outcomes(newer), ['invalid_token', 'passed']);
  const { signing, ...without } = bakedWith();
  assert.ok(signing);
  const { send } = edgeOf({ ...without, signing: { keys: [] } });
  assert.equal((await send(link())).outcome, 'invalid_token');
});

test('accepts no links or keys without a signing key', async () => {
  const { signing, ...baked } = bakedWith();
  assert.ok(signing);
  const config = configOf(baked);
  const verify = createVerify(config);
  for (const token of [link(), deviceKey()]) {
    await assert.rejects(verify(token, DOMAIN), { code: 'unknown_issuer' });
  }
});

test('accepts a link at all addresses of its edge', async () => {
  const own = 'https://uploads.example.com';
  const { send } = edgeOf({ origins: [own] });
  for (const aud of [ORIGIN, own]) assert.equal((await send(link({ aud }))).outcome, 'passed');
  const without = createVerify(configOf(bakedWith()));
  await assert.rejects(without(link()), { code: 'wrong_audience' });
});

test('refuses each of 1,000 revoked IDs, and no other', async () => {
  const revoked = Array.from({ length: 1_000 }, (_, at) => `id${String(at).padStart(6, '0')}`);
  const { send } = edgeOf({ signing: { keys: [SIGNING_KEY.jwk], revoked } });
  for (const id of [...revoked.slice(0, 3), ...revoked.slice(-3)]) {
    assert.equal((await send(link({ sub: `link:${id}` }))).outcome, 'token_revoked', id);
  }
  assert.equal((await send(link({ sub: 'link:id001000' }))).outcome, 'passed');
});
