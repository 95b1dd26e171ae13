import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { REFUSALS, Refusal } from '../../../edge/refusal.ts';
import type { Download } from '../../../edge/token/download.ts';
import { createVerify } from '../../../edge/token/verify.ts';
import { type Claims, flipBit, signHs256, signRs256, unsigned } from '../../support/keys/forge.ts';
import {
  accessToken,
  CLIENT_ID,
  claims,
  config,
  POOL_KEY,
  JWKS as POOL_KEYS,
  SUB,
  signingKey,
  USER_POOL_ID,
} from '../support/pool.ts';

const encode = (document: unknown) => JSON.stringify(document);

const verify = createVerify(config(), { download: async () => encode(POOL_KEYS) });

async function refused(token: string, verifying = verify): Promise<Refusal> {
  try {
    await verifying(token);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error;
  }
  return assert.fail(`accepted: ${token}`);
}

test('identifies the caller of a pool token without a network request', async () => {
  const verify = createVerify(config(), {
    download: async () => assert.fail('that went over the network'),
  });
  const exp = Math.floor(Date.now() / 1000) + 60;
  const {
    issuer,
    claims: _claims,
    ...caller
  } = await verify(accessToken({ exp, 'cognito:groups': ['staff'] }));
  assert.equal(issuer.alias, 'cognito');
  assert.deepEqual(caller, {
    name: 'ada',
    sub: SUB,
    groups: ['staff'],
    tokenExpiresAt: new Date(exp * 1000),
  });
  const updatedIssuer = `https://issuer-cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;
  assert.deepEqual((await verify(accessToken({ iss: updatedIssuer }))).groups, []);
});

test('refuses every other token with its reason, and with no part of it', async (t) => {
  const now = Math.floor(Date.now() / 1000);
  const stranger = { ...signingKey('pool-key'), kid: POOL_KEY.kid };
  const { privateKey, publicKey, kid } = POOL_KEY;
  const signed = (changes: Claims) => accessToken(changes);
  const without = (name: string) => {
    const { [name]: _left, ...rest } = claims();
    return signRs256(rest, kid, privateKey);
  };
  const good = accessToken();
  const [head = '', payload = '', signature = ''] = good.split('.');
  const rows: readonly (readonly [name: string, token: string, reason: RegExp, code?: string])[] = [
    ['garbage', 'garbage', /well-formed/],
    ['garbage in three parts', 'a.b.c', /well-formed/],
    ['nothing between the dots', '..', /well-formed/],
    ['another scheme', `Basic ${good}`, /well-formed/],
    ['two tokens in one header', `${good}, ${good}`, /well-formed/],
    ['four parts', `${good}.x`, /not a signed JWT/, 'opaque_token'],
    ['expired', signed({ exp: now - 1 }), /expired/, 'token_expired'],
    ['not yet valid', signed({ nbf: now + 600 }), /not valid yet/, 'token_not_yet_valid'],
    [
      'another pool',
      signed({ iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other' }),
      /does not trust the issuer/,
      'unknown_issuer',
    ],
    [
      'an issuer with the id of the pool on another host',
      signed({ iss: `https://evil.example/${USER_POOL_ID}` }),
      /does not trust the issuer/,
      'unknown_issuer',
    ],
    ['no issuer', without('iss'), /does not trust the issuer/, 'unknown_issuer'],
    ['the same kid under another key', accessToken({}, stranger), /signature/],
    ['another client', signed({ client_id: 'other' }), /another client/, 'wrong_client'],
    ['no client', without('client_id'), /another client/, 'wrong_client'],
    ['an ID token', signed({ token_use: 'id', aud: CLIENT_ID }), /not an access token/, 'wrong_token_kind'],
    ['no token use', without('token_use'), /not an access token/, 'wrong_token_kind'],
    ['alg none', unsigned(claims(), kid), /well-formed/],
    [
      'HS256 with the public key',
      signHs256(claims(), kid, publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      /algorithm/,
      'unsupported_algorithm',
    ],
    ['a flipped bit in the header', flipBit(good, 0), /well-formed|signature|algorithm|key of its/],
    ['a flipped bit in the signature', flipBit(good, 2), /signature/],
    ['a cut signature', good.slice(0, -4), /signature|well-formed/],
    ['no end', without('exp'), /no exp claim/, 'missing_expiry'],
    ['no user', without('username'), /The username claim/, 'invalid_claim'],
    ['an empty user', signed({ username: '' }), /The username claim/, 'invalid_claim'],
    ['no sub', without('sub'), /The sub claim/, 'invalid_claim'],
    [
      'groups that are not a list',
      signed({ 'cognito:groups': 'staff' }),
      /cognito:groups claim/,
      'invalid_claim',
    ],
  ];
  for (const [name, token, reason, code = 'invalid_token'] of rows) {
    await t.test(name, async () => {
      const refusal = await refused(token);
      assert.equal(refusal.code, code);
      assert.match(refusal.message, reason);
      assert.equal(
        refusal.headers['www-authenticate'],
        `Bearer error="invalid_token", error_description="${refusal.message}"`,
      );
      for (const part of [head, payload, signature, kid]) assert.ok(!refusal.message.includes(part));
    });
  }
});

test('refuses a token with any flipped bit', async () => {
  const good = accessToken();
  for (const part of [0, 1, 2] as const)
    assert.equal(REFUSALS[(await refused(flipBit(good, part))).code], 401);
});

test('refuses a signature with any bit or character changed', async () => {
  const token = accessToken();
  const at = token.lastIndexOf('.') + 1;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (const index of [at, at + 100, token.length - 1]) {
    const value = alphabet.indexOf(token[index] ?? '');
    for (let bit = 0; bit < 6; bit += 1) {
      const flipped = `${token.slice(0, index)}${alphabet[value ^ (1 << bit)]}${token.slice(index + 1)}`;
      assert.equal((await refused(flipped)).code, 'invalid_token');
    }
  }
  assert.equal((await refused(`${token}==`)).code, 'invalid_token');
  assert.equal((await refused(token.replaceAll('-', '+').replaceAll('_', '/'))).code, 'invalid_token');
});

/** Returns a verifier whose downloads call `answer`, and the downloaded addresses. */
function downloading(answer: Download) {
  const asked: string[] = [];
  let time = Date.now();
  const verify = createVerify(config(), {
    download: (uri) => {
      asked.push(uri);
      return answer(uri);
    },
    now: () => time,
  });
  const tick = (ms: number) => {
    time += ms;
  };
  return { verify, asked, tick };
}

const JWKS = `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}/.well-known/jwks.json`;

test('downloads keys that the pool created later once, in place of the baked ones', async () => {
  const later = signingKey('later');
  const pool = downloading(async () => encode({ keys: [later.jwk] }));
  assert.equal((await pool.verify(accessToken())).name, 'ada');
  assert.equal((await pool.verify(accessToken({}, later))).name, 'ada');
  assert.equal((await pool.verify(accessToken({}, later))).name, 'ada');
  assert.deepEqual(pool.asked, [JWKS]);
  const withdrawn = await refused(accessToken(), pool.verify);
  assert.match(withdrawn.message, /not signed by a key of its issuer/);
  assert.equal(withdrawn.code, 'invalid_token');
});

test('shares one download among callers who wait for the same keys', async () => {
  const later = signingKey('later');
  const pool = downloading(async () => encode({ keys: [later.jwk, POOL_KEY.jwk] }));
  const tokens = [later, later, POOL_KEY, later].map((key) => accessToken({}, key));
  const callers = await Promise.all(tokens.map((token) => pool.verify(token)));
  assert.deepEqual(
    callers.map(({ name }) => name),
    ['ada', 'ada', 'ada', 'ada'],
  );
  assert.deepEqual(pool.asked, [JWKS]);
});

test('retries a failed download after ten seconds, and accepts valid tokens meanwhile', async () => {
  const unknown = accessToken({}, signingKey('unknown'));
  const { jwk } = POOL_KEY;
  const answers: Download[] = [
    async () => Promise.reject(new Error('timed out')),
    async () => encode({ message: 'no keys here' }),
    async () => encode({ keys: [] }),
    async () => encode({ keys: [{ kid: 'x' }] }),
    async () =>
      encode({ keys: [{ ...jwk, use: 'enc' }, { ...jwk, alg: 'HS256' }, null, 7, { ...jwk, n: '' }] }),
    async () => encode({ keys: {} }),
    async () => encode(null),
    async () => '<html>',
    async () => '',
  ];
  for (const answer of answers) {
    const pool = downloading(answer);
    for (let tries = 0; tries < 3; tries += 1) {
      const refusal = await refused(unknown, pool.verify);
      assert.deepEqual([refusal.code, refusal.headers['retry-after']], ['keys_unavailable', '10']);
      assert.equal((await pool.verify(accessToken())).name, 'ada');
    }
    assert.deepEqual(pool.asked, [JWKS], 'one download, no retry');
    pool.tick(10_000);
    await refused(unknown, pool.verify);
    assert.deepEqual(pool.asked, [JWKS, JWKS]);
  }
});

test('makes one download for unknown key IDs, without delaying known keys', async () => {
  const pool = downloading(async () => encode(POOL_KEYS));
  for (const kid of ['one', 'two', 'three', '__proto__', '']) {
    const refusal = await refused(accessToken({}, { ...POOL_KEY, kid }), pool.verify);
    assert.deepEqual(
      [refusal.code, refusal.message],
      ['invalid_token', 'The token is not signed by a key of its issuer.'],
    );
  }
  assert.equal((await pool.verify(accessToken())).name, 'ada');
  assert.deepEqual(pool.asked, [JWKS]);
});

test('downloads no key for a token with invalid claims', async () => {
  // Generates the key before the pool's clock is set, because that takes seconds on a busy machine.
  const now = Math.floor(Date.now() / 1000);
  const pool = downloading(async () => assert.fail('that went over the network'));
  const unknown = signingKey('unknown');
  for (const changes of [
    { iss: 'https://evil.example/us-east-1_Other' },
    { iss: `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}/` },
    { iss: undefined },
    { client_id: 'other' },
    { token_use: 'id' },
    { exp: now - 1 },
    { nbf: now + 600 },
    { username: '' },
  ]) {
    const { code } = await refused(accessToken(changes, unknown), pool.verify);
    assert.equal(REFUSALS[code], 401, JSON.stringify(changes));
  }
  for (const header of [{ alg: 'HS512', kid: 'k' }, { alg: 'RS256' }, { alg: 'RS256', kid: 'k', crit: [] }]) {
    const { code } = await refused(signWith(header, claims()), pool.verify);
    assert.equal(REFUSALS[code], 401, JSON.stringify(header));
  }
  assert.deepEqual(pool.asked, []);
});

/** Returns a token with any header, with a valid signature of the pool. */
function signWith(header: object | string, body: object | string): string {
  const part = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(body)}`;
  return `${text}.${sign('sha256', Buffer.from(text), POOL_KEY.privateKey).toString('base64url')}`;
}

const SIGNED = { alg: 'RS256', kid: POOL_KEY.kid };

test('refuses odd headers of a signed token without a fault', async () => {
  for (const header of [
    ...[['exp'], [], 'exp', null, {}, 0, false, ['b64'], ''].map((crit) => ({ ...SIGNED, crit })),
    ...['none', 'HS256', 'RS384', 'PS256', 'ES256', 'EdDSA', 'rs256', '', 256, null].map((alg) => ({
      ...SIGNED,
      alg,
    })),
    ...[7, null, ['pool-key'], { toString: 'pool-key' }].map((kid) => ({ ...SIGNED, kid })),
    { alg: 'RS256' },
    { kid: POOL_KEY.kid },
    {},
    [],
    '"text"',
    'null',
  ]) {
    assert.equal(REFUSALS[(await refused(signWith(header, claims()))).code], 401, JSON.stringify(header));
  }
  const unheeded = { ...SIGNED, typ: 'at+jwt', jku: 'https://evil.example/', jwk: POOL_KEY.jwk, x5u: 'x' };
  assert.equal((await verify(signWith(unheeded, claims()))).name, 'ada');
});

test('refuses invalid times without a fault', async () => {
  const odd = ['-1', '1e300', '-1e300', '1e400', '9e15', '8.65e12', '253402300800', '"soon"', '""', 'null'];
  for (const name of ['exp', 'nbf', 'iat']) {
    for (const value of [...odd, 'true', '[]', '[1]', '{}']) {
      const text = JSON.stringify({ ...claims(), [name]: 'HERE' }).replace('"HERE"', value);
      assert.equal(REFUSALS[(await refused(signWith(SIGNED, text))).code], 401, `${name} ${value}`);
    }
  }
  const now = Math.floor(Date.now() / 1000);
  const says = async (changes: Claims) => (await refused(accessToken(changes))).message;
  assert.match(await says({ iat: now + 48 * 3600 }), /not valid yet/);
  assert.match(await says({ nbf: 253402300799 }), /not valid yet/);
  assert.match(await says({ exp: 0 }), /expired/);
  assert.equal((await verify(accessToken({ exp: now + 60.5, nbf: now - 0.5, iat: 0 }))).name, 'ada');
  const latest = await verify(accessToken({ exp: 253402300799 }));
  assert.equal(latest.tokenExpiresAt.toISOString(), '9999-12-31T23:59:59.000Z');
});

test('refuses names that Cognito does not issue without a fault', async () => {
  const odd: unknown[] = [
    ...['', ' ', 'a b', 'a\u0000', 'a\nb', 'a\u007f', 'a\u0085', '\u202eada', 'a\u200bb', '\ufeffada'],
    ...['\ud800', 'a\udc00', 'x'.repeat(129), '\u{1f600}'.repeat(129), '\ue000'],
    ...[null, [], ['ada'], {}, { toString: 'ada' }],
  ];
  for (const name of odd) {
    for (const claim of [{ username: name }, { sub: name }, { 'cognito:groups': ['staff', name] }]) {
      const refusal = await refused(accessToken(claim));
      assert.equal(refusal.code, 'invalid_claim');
    }
  }
  for (const groups of ['staff', null, 7, {}, { length: 1, 0: 'staff' }]) {
    assert.equal(REFUSALS[(await refused(accessToken({ 'cognito:groups': groups }))).code], 401);
  }
  for (const username of [
    'a'.repeat(128),
    'é',
    'e\u0301',
    '日本',
    '\u{1f600}',
    "o'brien",
    '.',
    '..',
    'a/b',
    '%2f',
  ]) {
    assert.equal((await verify(accessToken({ username }))).name, username);
  }
});

test('refuses bodies that are not claims without a fault', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  for (const body of [
    '',
    'null',
    '7',
    '"x"',
    '[]',
    '{',
    '{}',
    '{"iss":7}',
    '\ufeff{}',
    deep,
    `{"iss":${deep}}`,
  ]) {
    assert.equal(REFUSALS[(await refused(signWith(SIGNED, body))).code], 401, body.slice(0, 20));
  }
  const polluting = JSON.stringify(claims()).replace('{', '{"__proto__":{"username":"eve"},');
  assert.equal((await verify(signWith(SIGNED, polluting))).name, 'ada');
});

test('downloads the keys of both issuers of a pool from one address', async () => {
  const later = signingKey('later');
  const pool = downloading(async () => encode({ keys: [later.jwk] }));
  const iss = `https://issuer-cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;
  assert.equal((await pool.verify(accessToken({ iss }, later))).name, 'ada');
  assert.equal((await pool.verify(accessToken({}, later))).name, 'ada');
  assert.deepEqual(pool.asked, [JWKS]);
});
