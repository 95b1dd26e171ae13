import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { algorithmsOf, publishedKeysOf, signingKeysOf } from '../../protocol/signing-key.ts';

const RSA = { kty: 'RSA', kid: 'r', n: 'n'.repeat(342), e: 'AQAB' };
const ED = { kty: 'OKP', crv: 'Ed25519', kid: 'o', x: 'x'.repeat(43) };
const ec = (crv: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: crv }).publicKey.export({ format: 'jwk' }),
  kid: crv,
});

test('copies the keys of a set that verify tokens, and leaves out the others', () => {
  const curves = ['P-256', 'P-384', 'P-521'].map(ec);
  const kept = [RSA, { ...RSA, alg: 'RS512', use: 'sig' }, ...curves, { ...curves[0], alg: 'ES256' }, ED];
  const more = { x5c: ['MII'], x5t: 't', d: 'private', issuer: 'https://x' };
  assert.deepEqual(signingKeysOf({ keys: kept.map((key) => ({ ...key, ...more })) }), kept);
  assert.deepEqual(signingKeysOf({ keys: [{ ...RSA, key_ops: ['verify'] }] }), [RSA]);
  const { kid: _kid, ...nameless } = RSA;
  const changed: object[] = [
    ...[
      { use: 'enc' },
      { use: null },
      { kid: 7 },
      { kty: 'oct' },
      { kty: '__proto__' },
      { kty: 'constructor' },
    ],
    ...[{ alg: 'PS256' }, { alg: 'RSA-OAEP' }, { alg: 'HS256' }, { alg: 'ES256' }, { alg: null }, { n: '' }],
    ...[
      { n: 'n'.repeat(341) },
      { n: 'n'.repeat(2001) },
      { n: 7 },
      { n: `${'n'.repeat(342)}=` },
      { e: 'A/B' },
    ],
    ...[{ e: 'A'.repeat(12) }, { key_ops: ['sign'] }, { key_ops: 'verify' }],
  ];
  const odd = [null, 7, 'key', [], {}, nameless, ...changed.map((changes) => ({ ...RSA, ...changes }))];
  const others = [
    ...[
      { ...ED, crv: 'X25519' },
      { ...ED, crv: 'Ed448' },
      { ...ED, x: 'short' },
      { ...ED, alg: 'ES256' },
    ],
    ...[
      { ...curves[0], crv: 'secp256k1' },
      { ...curves[0], y: undefined },
      { ...curves[0], alg: 'ES384' },
    ],
  ];
  assert.deepEqual(signingKeysOf({ keys: [...odd, ...others] }), []);
  for (const document of [undefined, null, [], {}, { keys: {} }, { keys: 'x' }, 'x', 7]) {
    assert.deepEqual(signingKeysOf(document), []);
  }
});

test('skips a private key that an issuer publishes: anyone can sign with it', () => {
  const leaked = [RSA, ED, ec('P-256')].map((key) => ({ ...key, d: 'private' }));
  assert.deepEqual(publishedKeysOf({ keys: [...leaked, ED] }), [ED]);
  for (const document of [undefined, null, {}, { keys: 'x' }])
    assert.deepEqual(publishedKeysOf(document), []);
});

test('requires an odd RSA exponent above 1', () => {
  const isKept = (bytes: Buffer) =>
    signingKeysOf({ keys: [{ ...RSA, e: bytes.toString('base64url') }] }).length === 1;
  for (let exponent = 0; exponent < 70_000; exponent += 1) {
    const digits = exponent.toString(16);
    const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
    assert.equal(isKept(bytes), exponent % 2 === 1 && exponent > 1, String(exponent));
  }
  for (let zeros = 0; zeros < 9; zeros += 1) {
    for (const last of [0, 1, 2, 3]) {
      assert.equal(isKept(Buffer.from([...Array<number>(zeros).fill(0), last])), last === 3);
    }
  }
});

test('allows a key the algorithms of its type and curve', () => {
  assert.deepEqual(algorithmsOf(RSA), ['RS256', 'RS384', 'RS512']);
  assert.deepEqual(algorithmsOf({ ...RSA, alg: 'RS384' }), ['RS384']);
  assert.deepEqual(algorithmsOf(ED), ['EdDSA', 'Ed25519']);
  assert.deepEqual(algorithmsOf({ kty: 'EC', crv: 'P-521' }), ['ES512']);
  assert.deepEqual(algorithmsOf({ kty: 'EC' }), []);
});

test('leaves out Ed25519 keys of small order, with which signatures of any text can be valid', () => {
  const p = 2n ** 255n - 19n;
  // The 8 points have 5 different values of y; those of 0 and 1 have another spelling above p.
  const order8 = BigInt('0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826');
  const small = [0n, 1n, p - 1n, p, p + 1n, order8, p - order8];
  for (const y of small) {
    for (const sign of [0n, 1n]) {
      const bytes = Buffer.from((y | (sign << 255n)).toString(16).padStart(64, '0'), 'hex').reverse();
      const x = bytes.toString('base64url');
      const spare = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      for (const extra of [0, 1, 2, 3]) {
        const last = spare[spare.indexOf(x.slice(-1)) + extra];
        const key = { ...ED, x: `${x.slice(0, -1)}${last}` };
        assert.deepEqual(signingKeysOf({ keys: [key] }), [], key.x);
      }
    }
  }
  for (let round = 0; round < 100; round += 1) {
    const own = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'k' };
    assert.deepEqual(signingKeysOf({ keys: [own] }), [own]);
  }
});
