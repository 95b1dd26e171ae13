import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { storeSession } from '../../../cli/identity/tokens/token-store.ts';
import { rememberDeployment } from '../../../cli/settings/deployments.ts';
import { testContext } from '../../support/context.ts';
import { type Ran, runProgram } from '../../support/programs.ts';
import { listen } from '../../support/serve.ts';

/*
 * Servers that quote the credential that they receive, in every part of a response and in every encoding that is decoded
 * before a person reads it. The built command line connects to them over sockets.
 */

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const SIGNATURE = 'Q2FuYXJ5IG9mIHRoZSB0ZXN0cywgd2hpY2ggbm90aGluZyBzaG93cw';
const TOKEN = `${part({ alg: 'RS256', kid: 'k' })}.${part({ username: 'ada', exp: 4e9 })}.${SIGNATURE}`;
const REFRESH = 'refresh-token-that-nothing-shows';
const OLD_PASSWORD = 'Old "password" 1\\';
const NEW_PASSWORD = 'New <password> 2&';
const SECRETS = [SIGNATURE, REFRESH, OLD_PASSWORD, NEW_PASSWORD].flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
]);

const POOL = { userPoolId: 'us-east-1_AbCdEf123', clientId: 'client', region: 'us-east-1' };
const json = { 'content-type': 'application/json' };
const xml = { 'content-type': 'application/xml' };
const escaped = (words: string, write: (code: number) => string) =>
  Array.from(words, (letter) => write(letter.charCodeAt(0))).join('');
const unicode = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`;

type Quote = (response: ServerResponse, token: string) => void;

/** Responses of an edge, each with the token in another place. */
const QUOTES: Readonly<Record<string, Quote>> = {
  message: (to, token) => to.writeHead(403, json).end(JSON.stringify({ error: 'no', message: token })),
  code: (to, token) => to.writeHead(401, json).end(JSON.stringify({ error: token, message: '' })),
  signature: (to, token) =>
    to.writeHead(403, json).end(JSON.stringify({ error: 'no', message: token.split('.')[2] })),
  'JSON escapes': (to, token) =>
    to.writeHead(403, json).end(`{"error":"no","message":"${escaped(token, unicode)}"}`),
  'XML references': (to, token) =>
    to
      .writeHead(403, xml)
      .end(`<Error><Code>No</Code><Message>${escaped(token, (code) => `&#${code};`)}</Message></Error>`),
  CDATA: (to, token) =>
    to
      .writeHead(403, xml)
      .end(`<Error><Message>${token.slice(0, 9)}<![CDATA[${token.slice(9)}]]></Message></Error>`),
  'a detail': (to, token) =>
    to
      .writeHead(403, xml)
      .end(`<Error><Code>HeadersNotSigned</Code><HeadersNotSigned>${token}</HeadersNotSigned></Error>`),
  'a long message': (to, token) =>
    to.writeHead(403, json).end(JSON.stringify({ error: 'no', message: 'x'.repeat(180) + token })),
  'a type': (to, token) => to.writeHead(200, { 'content-type': `x/${token}` }).end('hello'),
  'a checksum': (to, token) => to.writeHead(200, { 'x-amz-checksum-crc32': token }).end(),
  'an ETag': (to, token) => to.writeHead(200, { etag: `"${token}"` }).end(),
  'a server': (to, token) => to.writeHead(404, { server: token }).end(),
  'a redirect': (to, token) => to.writeHead(307, { location: `https://${token}.example/` }).end(),
  'the user': (to, token) => {
    const caller = { username: token, sub: token, groups: [token], writeTo: [`${token}/`], note: token };
    const document = {
      ...{ service: 'edge-upload', version: 2, policy: {}, issuers: [] },
      caller: { ...caller, tokenExpiresAt: '2096-10-02T07:06:40Z' },
    };
    to.writeHead(200, json).end(JSON.stringify(document));
  },
};

async function homeFor(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-quoted-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, 'a.txt'), 'hello');
  return home;
}

const cli = (home: string, args: readonly string[], env: Record<string, string>, input = '') =>
  runProgram(process.execPath, ['dist/edge-upload.cjs', ...args], {
    env: { PATH: process.env.PATH, HOME: home, EDGE_UPLOAD_KEYRING: 'off', ...env },
    input,
  });

function assertNothingShown({ stdout, stderr }: Ran, what: string): void {
  for (const secret of SECRETS) {
    assert.ok(!`${stdout}${stderr}`.toLowerCase().includes(secret.toLowerCase()), `${what}: ${secret}`);
  }
}

test('does not show a token that an edge quotes, in any spelling', async (t) => {
  const home = await homeFor(t);
  await Promise.all(
    Object.entries(QUOTES).map(async ([place, quote]) => {
      let quoted = 0;
      const url = await listen(t, (request, response) => {
        request.resume();
        const token = request.headers.authorization?.split(' ')[1];
        if (token === undefined) return void response.writeHead(401, json).end('{}');
        quoted += 1;
        return quote(response, token);
      });
      const env = { EDGE_UPLOAD_URL: url, EDGE_UPLOAD_TOKEN: TOKEN };
      for (const command of [
        ['put', join(home, 'a.txt'), '--debug'],
        ['put', join(home, 'a.txt'), '--json'],
        ['whoami', '--debug'],
      ]) {
        assertNothingShown(await cli(home, command, env), `${place} of ${command.join(' ')}`);
      }
      assert.ok(quoted >= 3, place);
    }),
  );
});

/** Refuses each Cognito operation, with its request as the reason. */
async function quotingCognito(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const body = await text(request);
  const type = { ...json, 'x-amzn-errortype': 'InvalidParameterException' };
  const words = Object.values(JSON.parse(body)).join(' ');
  response.writeHead(400, type).end(JSON.stringify({ message: words }));
  return String(request.headers['x-amz-target']).split('.')[1] ?? '';
}

test('does not show passwords and tokens that a user pool quotes', async (t) => {
  const home = await homeFor(t);
  const edge = await listen(t, (_request, response) => void response.writeHead(401, json).end('{}'));
  const seen = new Set<string>();
  const pool = await listen(t, async (request, response) => {
    seen.add(await quotingCognito(request, response));
  });
  const context = testContext({ env: { HOME: home }, home });
  await rememberDeployment(context, { name: 'x', url: edge, ...POOL });
  const keep = (expiresAt: Date) =>
    storeSession(context, {
      ...{ kind: 'pool', url: edge, ...POOL, username: 'ada', signedInAs: 'ada' },
      ...{ signedInAt: new Date(), issuedAt: new Date(), expiresAt },
      ...{ accessToken: TOKEN, refreshToken: REFRESH },
    });
  const env = {
    AWS_ENDPOINT_URL: pool,
    EDGE_UPLOAD_PASSWORD: OLD_PASSWORD,
    EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD,
  };
  const show = async (args: readonly string[], more: Record<string, string> = {}, input = '') => {
    const ran = await cli(home, [...args, '--debug'], { ...env, ...more }, input);
    assert.notEqual(ran.code, 0, args.join(' '));
    assertNothingShown(ran, args.join(' '));
  };
  await keep(new Date(Date.now() + 3_600_000));
  await show(['password', 'change']);
  await show(['password', 'reset', edge, '--username', 'ada', '--code-stdin', '--have-code'], {}, '123456\n');
  await keep(new Date(0));
  await show(['put', join(home, 'a.txt')]);
  assertNothingShown(await cli(home, ['logout', '--debug'], env), 'logout');
  assert.deepEqual([...seen].sort(), [
    'ChangePassword',
    'ConfirmForgotPassword',
    'GetTokensFromRefreshToken',
    'RevokeToken',
  ]);
});

test('does not show tokens that a provider quotes, in JSON or elsewhere', async (t) => {
  const home = await homeFor(t);
  const edge = await listen(t, (_request, response) => void response.writeHead(401, json).end('{}'));
  const asked: string[] = [];
  for (const isJson of [true, false]) {
    const issuer: string = await listen(t, async (request, response) => {
      if (request.method === 'GET') {
        const endpoints = { token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` };
        response.writeHead(200, json).end(JSON.stringify({ issuer, ...endpoints }));
        return;
      }
      asked.push(request.url ?? '');
      const sent = new URLSearchParams(await text(request));
      const quoted = sent.get('refresh_token') ?? sent.get('token') ?? '';
      if (isJson) {
        const document = { error: 'invalid_grant', error_description: `not ${quoted}` };
        response.writeHead(400, json).end(JSON.stringify(document));
      } else response.writeHead(200, json).end(quoted);
    });
    const context = testContext({ env: { HOME: home }, home });
    const local = { endpoint: edge, caFile: '/nowhere' };
    await rememberDeployment(context, { name: 'x', url: edge, local });
    await storeSession(context, {
      ...{ kind: 'oidc', url: edge, issuer, alias: 'corp', clientId: 'client', token: 'access' },
      ...{ subject: 'ada', username: 'ada', signedInAs: 'ada', accessToken: TOKEN, refreshToken: REFRESH },
      ...{ signedInAt: new Date(), issuedAt: new Date(0), expiresAt: new Date(0) },
    });
    const ran = await cli(home, ['token', '--debug'], {});
    assert.notEqual(ran.code, 0);
    assertNothingShown(ran, 'token');
    assertNothingShown(await cli(home, ['logout', '--debug'], {}), 'logout');
  }
  assert.deepEqual(asked, ['/token', '/revoke', '/token', '/revoke']);
});
