import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { omitUndefined } from '../../../../protocol/fields.ts';
import { workerArgs } from '../../../support/run/worker.ts';
import { failure, type KeptFile, PASSWORD, type World, world } from '../helpers/world.ts';

const HOUR = 3_600_000;

const ROTATING = {
  ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
};

async function signedIn(here: World, username = 'ada'): Promise<{ file: string; kept: KeptFile }> {
  await here.user(username);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const { document } = await login(context, { url: here.url, username });
  const file = String(document.tokens);
  here.operations.length = 0;
  return { file, kept: await read(here, file) };
}

async function read(here: World, file: string): Promise<KeptFile> {
  const kept = JSON.parse(await readFile(file, 'utf8')) as KeptFile;
  here.secret(kept.accessToken, kept.refreshToken);
  return kept;
}

/** Rewrites the stored tokens so that they have expired. */
async function expire(here: World, file: string): Promise<void> {
  const kept = await read(here, file);
  const past = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  await writeFile(file, JSON.stringify({ ...kept, issuedAt: past(61), expiresAt: past(1) }), { mode: 0o600 });
}

function source(here: World, env: Record<string, string> = {}) {
  return tokenSource(here.context({ env: { EDGE_UPLOAD_URL: here.url, ...env } }), { url: here.url });
}

const refreshes = (here: World) =>
  here.operations.filter((name) => name === 'GetTokensFromRefreshToken').length;

test('uses a stored token while it is valid', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  assert.equal(await source(here).current(), kept.accessToken);
  here.setup.advance(58 * 60_000);
  assert.equal(await source(here).current(), kept.accessToken);
  assert.deepEqual(here.operations, []);
});

for (const [name, client] of [
  ['without rotation', {}],
  ['with refresh token rotation', ROTATING],
] as const) {
  test(`refreshes and stores a token in its last minute, ${name}`, async (t) => {
    const here = await world(t, { client });
    const { file, kept } = await signedIn(here);
    here.setup.advance(HOUR - 59_000);
    const tokens = source(here);
    const [one, other] = await Promise.all([tokens.current(), tokens.current()]);
    assert.equal(one, other);
    assert.notEqual(one, kept.accessToken);
    const now = await read(here, file);
    assert.equal(now.accessToken, one);
    assert.equal(now.refreshToken === kept.refreshToken, client !== ROTATING);
    assert.equal(refreshes(here), 1);
    here.setup.advance(HOUR);
    assert.notEqual(await tokens.current(), one);
    assert.notEqual(await source(here).current(), one);
    assert.equal(refreshes(here), 2);
  });

  // test/e2e/identity/expiry.test.ts does the same with complete uploads. This test sees the token of each process.
  test(`makes one refresh from six processes at the moment of expiry, ${name}`, async (t) => {
    const here = await world(t, { client });
    const { file } = await signedIn(here);
    await expire(here, file);
    const got = await together(here, 6);
    const { accessToken } = await read(here, file);
    assert.deepEqual(new Set(got), new Set([createHash('sha256').update(accessToken).digest('hex')]));
    assert.equal(refreshes(here), 1);
    assert.deepEqual((await readdir(dirname(file))).length, 1);
  });
}

test('refreshes after a process was killed while it held the lock', async (t) => {
  const here = await world(t, { client: ROTATING });
  const { file } = await signedIn(here);
  await expire(here, file);
  const holder = spawn(execPath, workerArgs('test/cli/settings/lock-worker', 'hold', file), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(holder.stdout);
  await once(holder.stdout, 'data');
  const got = together(here, 5, { onStarted: () => holder.kill('SIGKILL') });
  assert.equal(new Set(await got).size, 1);
  assert.equal(refreshes(here), 1);
});

test('renews a rejected token once for all requests', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  const tokens = source(here);
  assert.equal(await tokens.current(), kept.accessToken);
  const renewed = await Promise.all(Array.from({ length: 5 }, () => tokens.renew(kept.accessToken)));
  assert.equal(new Set(renewed).size, 1);
  assert.notEqual(renewed[0], kept.accessToken);
  assert.equal(refreshes(here), 1);
  assert.equal(
    await source(here).renew(kept.accessToken),
    renewed[0],
    'another process reads the renewed token',
  );
  assert.equal(refreshes(here), 1);
});

test('makes one refresh if the tokens of several processes are rejected at once', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  const got = await together(here, 5, { rejected: kept.accessToken });
  assert.equal(new Set(got).size, 1);
  assert.equal(refreshes(here), 1);
});

test('prints the sign-in command after a revoked sign-in, exit code 4', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  await here.setup.sdk.revokeToken({ ClientId: here.setup.ClientId, Token: kept.refreshToken });
  here.setup.advance(HOUR);
  const error = await failure(here, source(here).current());
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  assert.ok(error.hint?.includes(`edge-upload login ${here.url} --username ada`));
});

test('prints the sign-in command after an expired sign-in, and for a deleted user', async (t) => {
  const here = await world(t);
  await signedIn(here);
  here.setup.advance(31 * 24 * HOUR);
  assert.equal((await failure(here, source(here).current())).code, 'not_signed_in');
  await here.setup.sdk.adminDeleteUser({ UserPoolId: here.setup.UserPoolId, Username: 'ada' });
  assert.equal((await failure(here, source(here).current())).code, 'not_signed_in');
});

test('ends the sign-in if a rotated refresh token was used elsewhere', async (t) => {
  const here = await world(t, { client: ROTATING });
  const { kept } = await signedIn(here);
  const { sdk, ClientId } = here.setup;
  await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: kept.refreshToken });
  here.setup.advance(HOUR);
  assert.equal((await failure(here, source(here).current())).code, 'not_signed_in');
});

test('reports a network failure during a refresh, and keeps the sign-in', async (t) => {
  const here = await world(t);
  const { kept, file } = await signedIn(here);
  here.setup.advance(HOUR);
  const away = source(here, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  assert.equal((await failure(here, away.current())).code, 'unreachable');
  assert.equal((await read(here, file)).refreshToken, kept.refreshToken);
  assert.notEqual(await source(here).current(), kept.accessToken);
});

test('keeps the sign-in when Cognito throttles', async (t) => {
  const here = await world(t);
  await signedIn(here);
  here.setup.advance(HOUR);
  here.intercept(() => ({
    status: 400,
    body: { __type: 'TooManyRequestsException', message: 'Rate exceeded' },
  }));
  assert.equal((await failure(here, source(here).current())).code, 'throttled');
});

test('leaves tokens of a newer version in place until a new sign-in', async (t) => {
  const here = await world(t);
  const { file } = await signedIn(here);
  const text = '{"version":3,"boxed":"x"}';
  await writeFile(file, text);
  const error = await failure(here, tokenSource(here.context(), { url: here.url }).current());
  assert.equal(error.code, 'settings');
  assert.equal(error.message, `${file} cannot be read: a newer version of edge-upload wrote it.`);
  assert.match(error.hint ?? '', /npm install.*Or sign in again.*edge-upload login http/s);
  assert.equal(await readFile(file, 'utf8'), text);
  const again = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  await login(again, { url: here.url, username: 'ada' });
  await tokenSource(here.context(), { url: here.url }).current();
});

for (const [name, text] of [
  ['cut short', '{"version":1,"url":"http'],
  ['empty', ''],
  ['of another shape', '{"version":1}'],
  ['no object', 'null'],
] as const) {
  test(`moves a token file that is ${name} aside, and allows a new sign-in`, async (t) => {
    const here = await world(t);
    const { file } = await signedIn(here);
    await writeFile(file, text);
    const context = here.context();
    const error = await failure(here, tokenSource(context, { url: here.url }).current());
    assert.equal(error.code, 'not_signed_in');
    const warnings = context.events.filter(({ type }) => type === 'warning');
    assert.equal(warnings.length, 1);
    assert.match(JSON.stringify(warnings), /damaged/);
    assert.equal(await readFile(`${file}.damaged`, 'utf8'), text);
    assert.equal(existsSync(file), false);
    const again = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
    await login(again, { url: here.url, username: 'ada' });
    assert.ok(await source(here).current());
  });
}

test('ignores a token file of another edge, or with an invalid pool', async (t) => {
  const here = await world(t);
  const { file, kept } = await signedIn(here);
  for (const change of [
    { url: 'https://elsewhere.example' },
    { userPoolId: 'evil.example/_x' },
    { refreshToken: 'a\nb' },
    { expiresAt: 'soon' },
  ]) {
    await writeFile(file, JSON.stringify({ ...kept, ...change }));
    assert.equal((await failure(here, source(here).current())).code, 'not_signed_in');
  }
});

test('makes a token file private that others can read, with a warning', {
  skip: process.platform === 'win32',
}, async (t) => {
  const here = await world(t);
  const { file } = await signedIn(here);
  const { chmod, stat } = await import('node:fs/promises');
  await chmod(file, 0o644);
  const context = here.context();
  await tokenSource(context, { url: here.url }).current();
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(JSON.stringify(context.events), /was readable by others/);
});

test('reports a token file that stays readable by others, and uses it', {
  skip: process.platform === 'win32',
}, async (t) => {
  const here = await world(t);
  const { file, kept } = await signedIn(here);
  const { chmod, open } = await import('node:fs/promises');
  await chmod(file, 0o644);
  const handle = await open(file);
  // As on FAT.
  t.mock.method(Object.getPrototypeOf(handle), 'chmod', async () => {});
  await handle.close();
  const context = here.context();
  const tokens = tokenSource(context, { url: here.url });
  assert.equal(await tokens.current(), kept.accessToken);
  // Reads the file again.
  await tokens.renew(kept.accessToken);
  const warnings = context.events.filter(({ type }) => type === 'warning');
  assert.equal(warnings.length, 1);
  assert.match(JSON.stringify(warnings), /is readable by others .* does not keep permissions/);
});

test('uses the last user who signed in, or the named one', async (t) => {
  const here = await world(t);
  const { kept: ada } = await signedIn(here, 'ada');
  here.setup.advance(1_000);
  const { kept: bob } = await signedIn(here, 'bob');
  assert.equal(await source(here).current(), bob.accessToken);
  assert.equal(await source(here, { EDGE_UPLOAD_USERNAME: 'ada' }).current(), ada.accessToken);
  // As read from a file or a CI secret.
  for (const EDGE_UPLOAD_USERNAME of ['ada\n', '\ufeffada', ' ada\r\n']) {
    assert.equal(await source(here, { EDGE_UPLOAD_USERNAME }).current(), ada.accessToken);
  }
  assert.equal(
    (await failure(here, source(here, { EDGE_UPLOAD_USERNAME: 'eve' }).current())).code,
    'not_signed_in',
  );
});

test('ignores tokens of a pool that the deployment no longer has', async (t) => {
  const here = await world(t);
  await signedIn(here);
  const deployment = {
    name: 'studio',
    url: here.url,
    region: 'us-east-1',
    userPoolId: 'us-east-1_Another00',
    clientId: 'another',
  };
  const tokens = tokenSource(here.context(), { url: here.url, deployment });
  assert.equal((await failure(here, tokens.current())).code, 'not_signed_in');
});

test('prints the sign-in command if nobody is signed in', async (t) => {
  const here = await world(t);
  const error = await failure(here, source(here).current());
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  assert.ok(error.hint?.includes(`edge-upload login ${here.url}`));
});

test('uses EDGE_UPLOAD_TOKEN unchanged, and neither stores nor refreshes it', async (t) => {
  const here = await world(t);
  here.secret('aaaa.bbbb.cccc');
  for (const EDGE_UPLOAD_TOKEN of [
    'aaaa.bbbb.cccc\n',
    '\uFEFF"aaaa.bbbb.cccc"\r\n',
    'Bearer aaaa.bbbb.cccc',
  ]) {
    assert.equal(await source(here, { EDGE_UPLOAD_TOKEN }).current(), 'aaaa.bbbb.cccc');
  }
  const given = source(here, { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' });
  const error = await failure(here, given.renew('aaaa.bbbb.cccc', 'The token is not an access token.'));
  assert.deepEqual([error.code, error.exitCode], ['token_refused', 4]);
  assert.match(error.message, /EDGE_UPLOAD_TOKEN: The token is not an access token\.$/);
  here.secret('not a token at all');
  for (const EDGE_UPLOAD_TOKEN of ['not a token at all', 'a.b', 'a.b.c.d', '\u0000', '\ufffd\ufffda.b.c']) {
    const wrong = await failure(here, source(here, { EDGE_UPLOAD_TOKEN }).current());
    assert.equal(wrong.code, 'usage');
  }
  assert.deepEqual([here.operations, await readdir(here.home)], [[], []]);
});

test('sends a credential of the environment to its own edge only', async (t) => {
  const here = await world(t);
  const other = { url: 'https://other.example' };
  const { port } = new URL(here.url);
  here.secret('aaaa.bbbb.cccc');
  const token = { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' };
  const password = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD };
  for (const env of [token, password]) {
    // Neither to the edge of an unfinished upload, nor if no setting names the edge that it is for.
    for (const named of [{ EDGE_UPLOAD_URL: here.url }, {}]) {
      const context = here.context({ env: { ...env, ...named } });
      const error = await failure(here, tokenSource(context, other).current());
      assert.equal(error.code, 'not_signed_in');
    }
  }
  assert.deepEqual(here.operations, []);
  // The same origin in another spelling.
  for (const EDGE_UPLOAD_URL of [`HTTP://127.0.0.1:${port}/`, ` ${here.url}\n`]) {
    const context = here.context({ env: { ...token, EDGE_UPLOAD_URL } });
    assert.equal(await tokenSource(context, { url: here.url }).current(), 'aaaa.bbbb.cccc');
  }
  // Without the variable, the token is for the current deployment.
  await here.operate();
  assert.equal(
    await tokenSource(here.context({ env: token }), { url: here.url }).current(),
    'aaaa.bbbb.cccc',
  );
  assert.equal(
    (await failure(here, tokenSource(here.context({ env: token }), other).current())).code,
    'not_signed_in',
  );
});

test('uses renewed tokens even if they cannot be stored', async (t) => {
  const here = await world(t, { client: ROTATING });
  const { file, kept } = await signedIn(here);
  here.setup.advance(HOUR);
  // Like a disk that fills up meanwhile: the file cannot be replaced.
  here.intercept(async (operation) => {
    if (operation !== 'GetTokensFromRefreshToken') return;
    await rm(file);
    await mkdir(join(file, 'in the way'), { recursive: true });
  });
  const context = here.context();
  const tokens = tokenSource(context, { url: here.url });
  const renewed = await tokens.current();
  here.secret(renewed);
  assert.notEqual(renewed, kept.accessToken);
  assert.match(JSON.stringify(context.events), /cannot be stored/);
});

test('signs in with user name and password of the environment without touching the disk', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const env = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD };
  const tokens = source(here, env);
  const [one, other] = await Promise.all([tokens.current(), tokens.current()]);
  assert.equal(one, other);
  const claims = await (await here.setup.verifier('access')).verify(one);
  assert.equal(claims.username, 'ada');
  assert.notEqual(await tokens.renew(one), one);
  here.setup.advance(HOUR);
  await tokens.current();
  assert.equal(here.operations.filter((name) => name === 'InitiateAuth').length, 3);
  assert.deepEqual(await readdir(here.home), []);
});

test('refuses to upload with a temporary password in the environment', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const env = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD };
  const error = await failure(here, source(here, env).current());
  assert.equal(error.code, 'not_signed_in');
  assert.match(error.hint ?? '', /edge-upload login/);
});

interface Together {
  readonly rejected?: string;
  readonly onStarted?: () => void;
}

/** Returns what this many processes get that request a token at the same moment. */
async function together(
  here: World,
  count: number,
  { rejected, onStarted }: Together = {},
): Promise<string[]> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(here.home, 'none'),
    ...here.env,
    ...omitUndefined({ REJECTED: rejected }),
  };
  const children = Array.from({ length: count }, () => {
    const child = spawn(execPath, workerArgs('test/cli/identity/helpers/token-worker', here.url), {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return { child, lines: linesOf(child) };
  });
  await Promise.all(children.map(({ lines }) => lines.next()));
  for (const { child } of children) child.stdin?.write('go\n');
  onStarted?.();
  return Promise.all(children.map(async ({ lines }) => String((await lines.next()).value)));
}

function linesOf(child: ChildProcess): AsyncIterator<string> {
  assert.ok(child.stdout);
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}
