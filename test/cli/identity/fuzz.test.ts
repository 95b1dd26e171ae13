import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import { login } from '../../../cli/commands/login.ts';
import { isUserError } from '../../../cli/errors.ts';
import { discover } from '../../../cli/identity/discovery.ts';
import { readDescription } from '../../../cli/identity/edge-description.ts';
import { readFactors } from '../../../cli/identity/second-factors.ts';
import { attributesOf } from '../../../cli/identity/sign-in/challenges/new-password.ts';
import { readAccessToken } from '../../../cli/identity/tokens/access-token.ts';
import { KEY_BYTES, seal, unseal } from '../../../cli/identity/tokens/seal.ts';
import { findSessions } from '../../../cli/identity/tokens/token-store.ts';
import { findFailure } from '../../../cli/network/failures.ts';
import { isExempt } from '../../../cli/network/no-proxy.ts';
import { proxyFor } from '../../../cli/network/proxy.ts';
import { decodeText } from '../../../cli/text.ts';
import { seeded } from '../../support/random.ts';
import { listen } from '../../support/serve.ts';
import { PASSWORD, world } from './helpers/world.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_128);

const random = seeded(SEED);
const below = (limit: number) => Math.floor(random() * limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

const ODD: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  '\u0000',
  '\ud800',
  [],
  [null],
  {},
  { a: 1 },
  '__proto__',
  'constructor',
  '9'.repeat(400),
];

/** Returns a value with one member replaced, removed or nested, at any depth. */
function bent(value: unknown): unknown {
  if (random() < 0.2 || typeof value !== 'object' || value === null) return pick(ODD);
  const copy = structuredClone(value) as Record<string, unknown>;
  const name = pick([...Object.keys(copy), 'extra', '__proto__']);
  if (random() < 0.2) delete copy[name];
  else Object.defineProperty(copy, name, { value: bent(copy[name]), enumerable: true, configurable: true });
  return copy;
}

/** Returns a text with bytes changed, removed, doubled or inserted. */
function broken(text: string): string {
  const bytes = Buffer.from(text);
  const at = below(bytes.length + 1);
  const junk = Buffer.from(Array.from({ length: below(8) }, () => below(256)));
  const rest = bytes.subarray(Math.min(bytes.length, at + below(8)));
  return pick([
    Buffer.concat([bytes.subarray(0, at), junk, rest]),
    bytes.subarray(0, at),
    Buffer.concat([bytes, bytes]),
  ]).toString('utf8');
}

const mutations = (value: unknown) => () =>
  random() < 0.5 ? (JSON.stringify(bent(value)) ?? '') : broken(JSON.stringify(value));

const EDGE = {
  service: 'edge-upload',
  version: 1,
  region: 'us-east-1',
  userPoolId: 'us-east-1_AbCdEf123',
  clientId: '1example23456789',
  policy: { maxSize: 5, writeTo: '{username}/', allowGroups: ['a'] },
  caller: {
    username: 'ada',
    sub: 's',
    groups: ['a'],
    writeTo: ['ada/'],
    tokenExpiresAt: '2099-01-01T00:00:00.000Z',
  },
};

test(`parsers of foreign input return a value or undefined, and never throw (seed ${SEED})`, () => {
  const token = (claims: string) => `e30.${Buffer.from(claims).toString('base64url')}.c2ln`;
  const claims = { username: 'ada', exp: 4_102_444_800, 'cognito:groups': ['a'] };
  const nextEdge = mutations(EDGE);
  const nextClaims = mutations(claims);
  const nextFactors = mutations(['SMS_MFA']);
  const key = Buffer.alloc(KEY_BYTES, 7);
  const sealed = seal(key, 'tokens', 'place');
  for (let round = 0; round < 3000; round += 1) {
    readDescription(nextEdge());
    readAccessToken(token(nextClaims()));
    readAccessToken(broken(token(JSON.stringify(claims))));
    readFactors(nextFactors());
    attributesOf({
      name: 'NEW_PASSWORD_REQUIRED',
      parameters: { userAttributes: nextClaims(), requiredAttributes: nextFactors() },
    });
    const changed = broken(sealed);
    if (changed !== sealed) assert.ok(unseal(key, changed, 'place') !== 'other');
    isExempt(broken('127.0.0.0/8, [::1]:443, *.example.com'), {
      hostname: pick(['a.example', '127.0.0.1', '[::1]']),
      port: 443,
    });
    findFailure(
      Object.assign(new Error('x'), {
        code: pick(ODD),
        syscall: pick(ODD),
        errors: pick(ODD),
        cause: pick(ODD),
      }),
    );
  }
});

test(`parsers of texts and addresses return a value or a usage error (seed ${SEED})`, () => {
  const to = { hostname: 'edge.example', port: 443 };
  for (let round = 0; round < 3000; round += 1) {
    const attempts = [
      () => decodeText(Buffer.from(Array.from({ length: below(24) }, () => below(256))), { name: 'x' }),
      () =>
        decodeText(Buffer.from(broken('\uFEFFräport.txt\r\n'), 'utf16le'), { name: 'x', nulSeparates: true }),
      () => proxyFor({ HTTPS_PROXY: broken('http://me:a6%6qx@127.0.0.1:3128') }, to),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        assert.ok(isUserError(error), String(error));
      }
    }
  }
});

test(`discovery handles any response (seed ${SEED})`, async (t) => {
  const here = await world(t);
  const next = mutations(EDGE);
  const url = await listen(t, (_request, response) => {
    response.writeHead(pick([200, 200, 200, 204, 302, 401, 403, 500]), {
      'content-type': pick(['application/json', 'text/html', '', 'x'.repeat(200)]),
      date: pick(['', 'never', new Date(below(4e12)).toUTCString()]),
      server: pick(['CloudFront', '', 'x'.repeat(500)]),
    });
    response.end(next());
  });
  for (let round = 0; round < 150; round += 1) {
    const token = random() < 0.5 ? { token: 'a.b.c' } : {};
    await discover(here.context(), { url, ...token }).catch((error: unknown) => {
      assert.ok(isUserError(error), String(error));
    });
  }
});

test(`sign-in handles any response of Cognito (seed ${SEED})`, async (t) => {
  const here = await world(t);
  await here.user('ada');
  const challenge = {
    ChallengeName: 'PASSWORD_VERIFIER',
    Session: 's'.repeat(30),
    ChallengeParameters: {
      SALT: 'ab12',
      SECRET_BLOCK: 'c2Vj',
      SRP_B: 'ff'.repeat(384),
      USERNAME: 'ada',
      USER_ID_FOR_SRP: 'ada',
    },
    AuthenticationResult: { AccessToken: 'a.b.c', ExpiresIn: 3600, RefreshToken: 'r' },
  };
  here.intercept(() => ({
    status: pick([200, 200, 200, 400]),
    body: bent(
      random() < 0.3
        ? { __type: pick(['NotAuthorizedException', 'Odd', '']), message: pick(['no', '']) }
        : challenge,
    ),
  }));
  const context = here.context({
    env: { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: PASSWORD },
  });
  for (let round = 0; round < 60; round += 1) {
    await login(context, { url: here.url, username: 'ada' }).catch((error: unknown) => {
      assert.ok(isUserError(error) && !/Unexpected error/.test(error.message), String(error));
    });
  }
});

test(`a token file with any content is used or moved aside (seed ${SEED})`, async (t) => {
  const here = await world(t);
  await here.user('ada');
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const file = String((await login(context, { url: here.url, username: 'ada' })).document.tokens);
  const whole: unknown = JSON.parse(await (await import('node:fs/promises')).readFile(file, 'utf8'));
  const next = mutations(whole);
  for (let round = 0; round < 150; round += 1) {
    await writeFile(file, next(), { mode: 0o600 });
    const { sessions: found } = await findSessions(here.context(), here.url);
    assert.ok(found.every((one) => basename(one.file) === basename(file) && one.session.url === here.url));
  }
});
