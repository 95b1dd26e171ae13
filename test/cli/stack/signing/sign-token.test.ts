import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { isUserError } from '../../../../cli/errors.ts';
import type { StackWork } from '../../../../cli/stack/find-stack.ts';
import { signToken, type TokenClaims } from '../../../../cli/stack/signing/sign-token.ts';
import { publicJwk, type SigningKey } from '../../../../cli/stack/signing/signing-key.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEY: SigningKey = {
  id: '1',
  keyId: '11111111-2222-4333-8444-555555555555',
  jwk: publicJwk(publicKey.export({ format: 'der', type: 'spki' })),
};
const CLAIMS: TokenClaims = {
  iss: 'edge',
  aud: 'https://d111.cloudfront.net',
  sub: 'link:abcdefgh',
  iat: 1_800_000_000,
  exp: 1_800_086_400,
  p: 'in/',
};

/** KMS, only with Sign, or with another response. */
function workWith(answer: (message: Uint8Array) => object): StackWork {
  const send = async ({ input }: { input: { Message: Uint8Array } }) => answer(input.Message);
  return { clients: { kms: async () => ({ send }) } } as unknown as StackWork;
}

const signing = (key: KeyObject) => workWith((message) => ({ Signature: sign(null, message, key) }));

test('derives the key ID from the thumbprint of RFC 8037', () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');
  const spki = Buffer.concat([prefix, Buffer.from(jwk.x, 'base64url')]);
  assert.deepEqual(publicJwk(spki), { ...jwk, kid: 'kPrK_qmxVWaYVA9w' });
});

test('signs links and keys as EdDSA tokens with these claims', async () => {
  for (const [sub, prefix] of [
    ['link:abcdefgh', 'eul_'],
    ['key:abcdefgh', 'euk_'],
  ] as const) {
    const claims: TokenClaims = { ...CLAIMS, sub };
    const token = await signToken(signing(privateKey), KEY, claims);
    assert.ok(token.startsWith(prefix));
    const [header = '', body = '', signature = ''] = token.slice(prefix.length).split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    assert.deepEqual(read(header), { alg: 'EdDSA', kid: KEY.jwk.kid });
    assert.deepEqual(read(body), claims);
    assert.ok(verify(null, Buffer.from(`${header}.${body}`), publicKey, Buffer.from(signature, 'base64url')));
  }
});

test('refuses a signature that does not fit the key', async () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  for (const work of [
    signing(other),
    workWith(() => ({})),
    workWith(() => ({ Signature: Buffer.alloc(64) })),
  ]) {
    await assert.rejects(signToken(work, KEY, CLAIMS), /unexpected response from KMS: its signature/);
  }
});

test('does not send claims that are too long for KMS', async () => {
  const work = workWith(() => assert.fail('sent'));
  const { p, ...claims } = CLAIMS;
  assert.ok(p);
  const quotes = '"'.repeat(1500);
  for (const [long, flags] of [
    [{ ...claims, p: 'in/', n: 'ä'.repeat(2000) }, '--prefix or --note'],
    [{ ...claims, k: quotes, n: 'x' }, '--as or --note'],
    [{ ...claims, k: quotes }, '--as'],
    [{ ...claims, sub: 'key:abcdefgh', p: `${quotes}/` }, '--write-to'],
  ] as const) {
    await assert.rejects(signToken(work, KEY, long as TokenClaims), (error: unknown) => {
      assert.ok(isUserError(error) && error.code === 'usage');
      assert.match(error.message, /is too long: \d+ bytes, and KMS signs at most 4096\./);
      assert.ok(error.hint?.startsWith(`Use a shorter ${flags}. `), error.hint);
      return true;
    });
  }
  const longest = 'x'.repeat(2870);
  const token = await signToken(signing(privateKey), KEY, { ...CLAIMS, n: longest });
  assert.ok(token.length > 4000, `${token.length}`);
});
