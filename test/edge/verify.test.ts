import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeySet, type Download } from '../../edge/key-set.ts';
import { Refusal } from '../../edge/refusal.ts';
import { createVerify } from '../../edge/verify.ts';
import { type Claims, flipBit, signHs256, signRs256, unsigned } from '../support/forge.ts';
import {
  accessToken,
  CLIENT_ID,
  claims,
  config,
  POOL_KEY,
  SUB,
  signingKey,
  USER_POOL_ID,
} from './support/pool.ts';

const encode = (document: unknown): ArrayBuffer => {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
};

const verify = createVerify(
  config(),
  createKeySet(config().jwks, async () => encode(config().jwks)),
);

async function refused(token: string, verifying = verify): Promise<Refusal> {
  try {
    await verifying(token);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error;
  }
  return assert.fail(`accepted: ${token}`);
}

test('a token of the pool and client is its caller, without the network', async () => {
  const verify = createVerify(
    config(),
    createKeySet(config().jwks, async () => assert.fail('that went over the network')),
  );
  const exp = Math.floor(Date.now() / 1000) + 60;
  assert.deepEqual(await verify(accessToken({ exp, 'cognito:groups': ['staff'] })), {
    username: 'ada',
    sub: SUB,
    groups: ['staff'],
    tokenExpiresAt: new Date(exp * 1000),
  });
  const updatedIssuer = `https://issuer-cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;
  assert.deepEqual((await verify(accessToken({ iss: updatedIssuer }))).groups, []);
});

test('every other token is refused with its reason, and with no part of it', async (t) => {
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
    ['four parts', `${good}.x`, /well-formed/],
    ['expired', signed({ exp: now - 1 }), /expired/, 'token_expired'],
    ['not yet valid', signed({ nbf: now + 600 }), /not valid yet/],
    [
      'another pool',
      signed({ iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other' }),
      /user pool/,
    ],
    [
      'an issuer that only looks like it',
      signed({ iss: `https://evil.example/${USER_POOL_ID}` }),
      /user pool/,
    ],
    ['no issuer', without('iss'), /user pool|well-formed/],
    ['the same kid under another key', accessToken({}, stranger), /signature/],
    ['another client', signed({ client_id: 'other' }), /app client/],
    ['an ID token', signed({ token_use: 'id', aud: CLIENT_ID }), /not an access token/],
    ['no token use', without('token_use'), /not an access token/],
    ['alg none', unsigned(claims(), kid), /well-formed/],
    [
      'HS256 with the public key',
      signHs256(claims(), kid, publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      /algorithm/,
    ],
    ['a flipped bit in the header', flipBit(good, 0), /well-formed|signature|algorithm|key of this/],
    ['a flipped bit in the claims', flipBit(good, 1), /well-formed|signature|user pool/],
    ['a flipped bit in the signature', flipBit(good, 2), /signature/],
    ['a cut signature', good.slice(0, -4), /signature|well-formed/],
    ['no end', without('exp'), /lacks claims/],
    ['no user', without('username'), /lacks claims/],
    ['an empty user', signed({ username: '' }), /lacks claims/],
    ['no sub', without('sub'), /lacks claims/],
    ['groups that are no list', signed({ 'cognito:groups': 'staff' }), /lacks claims/],
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

test('each bit of the signature counts, and each spelling of it', async () => {
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

/** A verifier whose downloads are `answer`'s, and the addresses that they went to. */
function downloading(answer: Download) {
  const asked: string[] = [];
  let time = 0;
  const keys = createKeySet(
    config().jwks,
    (uri) => {
      asked.push(uri);
      return answer(uri);
    },
    () => time,
  );
  const tick = (ms: number) => {
    time += ms;
  };
  return { verify: createVerify(config(), keys), asked, tick };
}

const JWKS = `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}/.well-known/jwks.json`;

test('a key that the pool made later is downloaded once', async () => {
  const later = signingKey('later');
  const pool = downloading(async () => encode({ keys: [later.jwk] }));
  assert.equal((await pool.verify(accessToken({}, later))).username, 'ada');
  assert.equal((await pool.verify(accessToken({}, later))).username, 'ada');
  assert.equal((await pool.verify(accessToken())).username, 'ada', 'the baked keys go on being good');
  assert.deepEqual(pool.asked, [JWKS]);
});

test('keys that cannot be had are for later, once in ten seconds, and stop no valid token', async () => {
  const unknown = accessToken({}, signingKey('unknown'));
  const answers: Download[] = [
    async () => Promise.reject(new (await import('aws-jwt-verify/error')).FetchError(JWKS, 'timed out')),
    async () => encode({ message: 'no keys here' }),
    async () => encode({ keys: [{ kid: 'x' }] }),
    async () => new TextEncoder().encode('<html>').buffer as ArrayBuffer,
  ];
  for (const answer of answers) {
    const pool = downloading(answer);
    for (let tries = 0; tries < 3; tries += 1) {
      const refusal = await refused(unknown, pool.verify);
      assert.deepEqual([refusal.code, refusal.headers['retry-after']], ['keys_unavailable', '10']);
      assert.equal((await pool.verify(accessToken())).username, 'ada');
    }
    assert.deepEqual(pool.asked, [JWKS], 'one download, no retry');
    pool.tick(10_000);
    await refused(unknown, pool.verify);
    assert.deepEqual(pool.asked, [JWKS, JWKS]);
  }
});

test('made-up key ids cost one download, and neither displace nor delay keys', async () => {
  const pool = downloading(async () => encode({ keys: [] }));
  for (const kid of ['one', 'two', 'three', '__proto__', '']) {
    const refusal = await refused(accessToken({}, { ...POOL_KEY, kid }), pool.verify);
    assert.deepEqual(
      [refusal.code, refusal.message],
      ['invalid_token', 'The token is not signed by a key of this user pool.'],
    );
  }
  assert.equal((await pool.verify(accessToken())).username, 'ada');
  assert.deepEqual(pool.asked, [JWKS]);
});

test('one address that fails does not hold up the other', async () => {
  const later = signingKey('later');
  const pool = downloading(async (uri) =>
    uri === JWKS
      ? encode({ keys: [later.jwk] })
      : Promise.reject(new (await import('aws-jwt-verify/error')).FetchError(uri, '403')),
  );
  const iss = `https://issuer-cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;
  assert.equal((await refused(accessToken({ iss }, later), pool.verify)).code, 'keys_unavailable');
  assert.equal((await pool.verify(accessToken({}, later))).username, 'ada');
});
