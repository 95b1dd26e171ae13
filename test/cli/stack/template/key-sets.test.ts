import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { isUserError } from '../../../../cli/errors.ts';
import { createSentCredentials } from '../../../../cli/sent-credentials.ts';
import { fetchTrustedKeys, poolIdentity, trustedKeys } from '../../../../cli/stack/template/key-sets.ts';
import type { BakedConfig } from '../../../../edge/config.ts';
import type { TrustedIssuer } from '../../../../infra/options.ts';
import { listen } from '../../../support/serve.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';

const KEY = { kty: 'RSA', kid: 'k', alg: 'RS256', use: 'sig', n: 'n'.repeat(342), e: 'AQAB' };
const EC = { kty: 'EC', kid: 'e', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) };
const OKP = { kty: 'OKP', kid: 'o', crv: 'Ed25519', x: 'x'.repeat(43) };
const POOL = { userPoolId: 'us-east-1_Abc', clientId: 'c1' };

/** Returns the keys of a pool whose document `answer` writes. */
async function keysOf(
  t: TestContext,
  answer: (response: ServerResponse, asked: number) => void,
  signal = new AbortController().signal,
) {
  let asked = 0;
  const cognitoUrl = await listen(t, (_request, response) => {
    asked += 1;
    answer(response, asked);
  });
  const context = { env: {}, sent: createSentCredentials(), signal };
  const identity = await poolIdentity({ context, clients: { cognitoUrl } }, POOL);
  return { keys: identity?.jwks.keys, asked };
}

test('bakes only keys that verify access tokens, and only their public fields', async (t) => {
  const keys = [
    { ...KEY, x5c: ['private'], other: 'private' },
    ...[
      { ...KEY, d: 'published' },
      { ...KEY, use: 'enc' },
      { ...KEY, alg: 'HS256' },
      { ...KEY, n: 'a b' },
      { ...KEY, kid: 7 },
      null,
      'k',
    ],
  ];
  const found = await keysOf(t, (response) => response.end(JSON.stringify({ keys })));
  assert.deepEqual(found, { keys: [KEY], asked: 1 });
});

test('requests a document again that is not a key set', async (t) => {
  const odd = ['<html>', '{"keys":[]}', '{"keys":{}}', '[]', 'x'.repeat(70_000)];
  for (const document of odd) {
    const { keys, asked } = await keysOf(t, (response, asked) =>
      response.end(asked === 1 ? document : JSON.stringify({ keys: [KEY] })),
    );
    assert.deepEqual([keys, asked], [[KEY], 2], document.slice(0, 20));
  }
});

test('cuts an endless response, and stops at Ctrl-C', async (t) => {
  const interrupt = new AbortController();
  const endless = keysOf(
    t,
    (response, asked) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
      if (asked === 2) interrupt.abort();
    },
    interrupt.signal,
  );
  await assert.rejects(endless, (error) => isUserError(error) && error.code === 'interrupted');
});

const OUTSIDE: TrustedIssuer = {
  alias: 'corp',
  kind: 'people',
  iss: ['https://corp.example.com'],
  jwksUri: 'https://corp.example.com/keys',
  token: 'access',
  clientId: 'edge-upload',
  name: ['sub'],
  rules: [],
};

test('fetches keys of trusted issuers once, without a redirect; an error names the issuer', async (t) => {
  const { work } = await workAgainst(t, () => ({ body: '' }));
  const at = async (status: number, body: string, headers = {}) => {
    let asked = 0;
    const origin = await listen(t, (_request, response) => {
      asked += 1;
      response.writeHead(status, headers).end(body);
    });
    const jwksUri = `${origin}/keys`;
    return { asked: () => asked, keys: fetchTrustedKeys(work, { ...OUTSIDE, jwksUri }) };
  };
  const sound = await at(
    200,
    JSON.stringify({ keys: [EC, OKP, KEY, { ...KEY, x5c: ['private'] }, { kty: 'oct' }] }),
  );
  assert.deepEqual(await sound.keys, [EC, OKP, KEY, KEY]);
  const rows: readonly (readonly [number, string, object, RegExp])[] = [
    [302, '', { location: 'https://169.254.169.254/' }, /it redirects \(status 302\)/],
    [404, '', {}, /status 404/],
    [200, '{"keys":[]}', {}, /no key that verifies tokens/],
    [200, `{"keys":[${'x'.repeat(300_000)}]}`, {}, /more than 262144 bytes/],
    [200, `${JSON.stringify({ keys: [KEY] })}${' '.repeat(300_000)}`, {}, /more than 262144 bytes/],
    [200, '<html>Sign in</html>', {}, /not a JSON object/],
  ];
  for (const [status, body, headers, says] of rows) {
    const { keys, asked } = await at(status, body, headers);
    await assert.rejects(keys, withCode('unreachable', says, /trust remove corp/));
    await assert.rejects(keys, /keys of the issuer corp \(https:\/\/corp\.example\.com\)/);
    assert.equal(asked(), 1);
  }
  const plain = fetchTrustedKeys(work, { ...OUTSIDE, jwksUri: 'http://corp.example.com/keys' });
  await assert.rejects(plain, withCode('settings', /issuer corp .*http:\/\/corp\.example\.com/));
  const nobody = fetchTrustedKeys(work, { ...OUTSIDE, jwksUri: 'http://127.0.0.1:9/keys' });
  await assert.rejects(nobody, withCode('unreachable', /issuer corp .*127\.0\.0\.1:9/, /trust remove corp/));
});

test('keeps the deployed keys of an issuer that is unreachable, if that is wanted and it is the same issuer', async (t) => {
  const issuer = { ...OUTSIDE, jwksUri: 'http://127.0.0.1:9/keys' };
  const baked: BakedConfig = { policy: {}, issuers: [{ ...issuer, keys: [KEY] }], bakedAt: 1_800_000_000 };
  const { work, events } = await workAgainst(t, () => ({ body: '' }));
  const keys = (one: typeof issuer, keepsDeployed: boolean) =>
    trustedKeys(work, { trust: [one] }, baked, { keepsDeployed });
  assert.deepEqual(await keys(issuer, true), { keySets: { corp: [KEY] }, bakedAt: baked.bakedAt });
  assert.match(
    JSON.stringify(events),
    /"warning".*issuer corp .*unreachable.* keeps the keys of the last deploy/,
  );
  for (const [one, keepsDeployed] of [
    [issuer, false],
    [{ ...issuer, jwksUri: 'http://127.0.0.1:9/others' }, true],
    [{ ...issuer, iss: ['https://other.example.com'] }, true],
    [{ ...issuer, alias: 'new' }, true],
  ] as const) {
    await assert.rejects(keys(one, keepsDeployed), withCode('unreachable', /are unavailable/));
  }
});

test('keeps the time of the keys for a day while they are unchanged', async (t) => {
  const jwksUri = await listen(t, (_request, response) => response.end(JSON.stringify({ keys: [KEY] })));
  const issuer = { ...OUTSIDE, jwksUri };
  const now = 1_800_000_000;
  const deployed = (bakedAt: number | undefined, kid: string): BakedConfig => ({
    policy: {},
    issuers: [{ ...issuer, keys: [{ ...KEY, kid }] }],
    ...(bakedAt && { bakedAt }),
  });
  const rows: readonly (readonly [BakedConfig | undefined, number])[] = [
    [undefined, now],
    [deployed(now - 60, 'k'), now - 60],
    [deployed(now - 60, 'another'), now],
    [deployed(now - 86_401, 'k'), now],
    [deployed(now + 60, 'k'), now],
    [deployed(undefined, 'k'), now],
  ];
  const { work } = await workAgainst(t, () => ({ body: '' }));
  const at = { ...work, context: { ...work.context, now: () => new Date(now * 1000) } };
  for (const [baked, bakedAt] of rows) {
    assert.deepEqual(await trustedKeys(at, { trust: [issuer] }, baked), {
      keySets: { corp: [KEY] },
      bakedAt,
    });
  }
  assert.deepEqual(await trustedKeys(work, {}, undefined), { keySets: {} });
});
