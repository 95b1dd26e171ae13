import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import fs, { readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { doctor } from '../../../cli/commands/doctor.ts';
import { login } from '../../../cli/commands/login.ts';
import { logout } from '../../../cli/commands/logout.ts';
import { token } from '../../../cli/commands/token.ts';
import { whoami } from '../../../cli/commands/whoami.ts';
import { forgetTokens } from '../../../cli/identity/tokens/forget-tokens.ts';
import { withLock } from '../../../cli/settings/lock.ts';
import { replaceFile } from '../../../cli/settings/own-files.ts';
import { failure, type KeptFile, PASSWORD, run, type World, world } from './helpers/world.ts';

const HOUR = 3_600_000;

async function signedIn(here: World, username = 'ada'): Promise<{ file: string; kept: KeptFile }> {
  await here.user(username);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const { document } = await run(here, login(context, { url: here.url, username }));
  const file = String(document.tokens);
  const kept = JSON.parse(await readFile(file, 'utf8')) as KeptFile;
  here.secret(kept.accessToken, kept.refreshToken);
  here.operations.length = 0;
  return { file, kept };
}

test('token prints only a token that stays valid for a while', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  const printed = await run(here, token(here.context(), {}), { tokenOut: true });
  assert.deepEqual(printed, {
    document: {
      token: kept.accessToken,
      origin: 'kept',
      expiresAt: kept.expiresAt.replace(/\.\d+Z$/, '.000Z'),
    },
    text: kept.accessToken,
  });
  here.setup.advance(HOUR);
  const { document } = await run(here, token(here.context(), {}), { tokenOut: true });
  assert.notEqual(document.token, kept.accessToken);
  const claims = await (await here.setup.verifier('access')).verify(String(document.token), {
    graceSeconds: 0,
  });
  assert.equal(document.expiresAt, new Date(claims.exp * 1000).toISOString());
});

test('token without a sign-in exits with 4 and prints the sign-in command', async (t) => {
  const here = await world(t);
  const error = await failure(here, token(here.context({ env: { EDGE_UPLOAD_URL: here.url } }), {}));
  assert.equal(error.exitCode, 4);
  assert.equal((await failure(here, token(here.context(), {}))).code, 'no_deployment');
});

test('whoami prints user, groups, deployment, allowed keys, expiry and where tokens are stored', async (t) => {
  const here = await world(t);
  const { sdk, UserPoolId } = here.setup;
  await sdk.createGroup({ UserPoolId, GroupName: 'writers' });
  await here.user('ada');
  await sdk.adminAddUserToGroup({ UserPoolId, GroupName: 'writers', Username: 'ada' });
  here.allow({ writeTo: 'in/{username}/', allowGroups: ['writers'], maxSize: 5 * 1024 ** 3 });
  const signing = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const { document: kept } = await run(here, login(signing, { url: here.url, username: 'ada' }));
  assert.deepEqual(kept.groups, ['writers']);

  const { document, text } = await run(here, whoami(here.context(), {}));
  assert.deepEqual(
    { ...document, expiresAt: undefined },
    {
      username: 'ada',
      groups: ['writers'],
      issuer: 'cognito',
      deployment: new URL(here.url).host,
      url: here.url,
      tokens: kept.tokens,
      encrypted: false,
      writeTo: ['in/ada/'],
      maxSize: 5 * 1024 ** 3,
      expiresAt: undefined,
      renewed: true,
    },
  );
  const lines = String(text).split('\n');
  assert.ok(lines.some((line) => /^user +ada \(groups: writers\)$/.test(line)));
  assert.ok(lines.some((line) => /^can write +keys that begin with in\/ada\/, up to 5 GiB each$/.test(line)));
  assert.ok(lines.some((line) => line.startsWith('stored in') && line.includes(String(kept.tokens))));
  assert.ok(lines.some((line) => /^valid for .*renewed automatically$/.test(line)));
});

test('whoami counts from the time at the edge, and only its check reports the clock in doctor', async (t) => {
  const here = await world(t);
  await signedIn(here);
  for (const [off, how] of [
    [24 * HOUR, 'ahead of'],
    [-24 * HOUR, 'behind'],
  ] as const) {
    const wrong = () => ({ ...here.context(), now: () => new Date(Date.now() + off) });
    const warnings = ({ events }: ReturnType<typeof wrong>) =>
      events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
    const context = wrong();
    const { text } = await run(here, whoami(context, {}));
    assert.match(String(text), /^valid for +(?:59m|1h 00m)/m);
    assert.equal(warnings(context).length, 1);
    assert.match(warnings(context)[0] ?? '', new RegExp(`clock is (?:23h 59m|24h 00m) ${how} the edge's`));
    const checking = wrong();
    const { document } = await run(here, doctor(checking, {}));
    const checks = document.checks as { name: string; error?: { code: string } }[];
    assert.equal(checks.find(({ name }) => name === 'clock')?.error?.code, 'clock');
    assert.ok(checks.some(({ name }) => name === 'token'));
    assert.deepEqual(warnings(checking), []);
  }
});

test('whoami and login print how many prefixes the edge left out', async (t) => {
  const here = await world(t);
  const { sdk, UserPoolId } = here.setup;
  await here.user('ada');
  for (let at = 0; at < 100; at += 1) {
    const GroupName = `${'team-'.repeat(24)}${String(at).padStart(3, '0')}`;
    await sdk.createGroup({ UserPoolId, GroupName });
    await sdk.adminAddUserToGroup({ UserPoolId, GroupName, Username: 'ada' });
  }
  here.allow({ writeTo: 'in/{group}/' });
  const signing = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const signedIn = await run(here, login(signing, { url: here.url, username: 'ada' }));
  const { document, text } = await run(here, whoami(here.context(), {}));
  const omitted = document.omitted as { groups: number; writeTo: number };
  const shown = (document.groups as string[]).length;
  assert.ok(shown > 0 && omitted.groups > 0);
  assert.equal(shown + omitted.groups, 100);
  assert.match(String(text), new RegExp(`^user .* and ${omitted.groups} more\\)$`, 'm'));
  assert.match(String(text), new RegExp(`^can write .* and ${omitted.writeTo} more$`, 'm'));
  assert.match(String(signedIn.text), new RegExp(`^Allowed: .* and ${omitted.writeTo} more\\.$`, 'm'));
});

test('whoami reports a user whose groups have no permission to upload', async (t) => {
  const here = await world(t);
  await signedIn(here);
  here.allow({ allowGroups: ['writers', 'editors'] });
  const { document, text } = await run(here, whoami(here.context(), {}));
  assert.deepEqual(document.writeTo, []);
  assert.match(String(text), /nothing; only members of writers, editors are allowed to upload/);
});

test('whoami reports a sign-in from environment variables', async (t) => {
  const here = await world(t);
  const { kept } = await signedIn(here);
  const byToken = await run(here, whoami(here.context({ env: { EDGE_UPLOAD_TOKEN: kept.accessToken } }), {}));
  assert.deepEqual([byToken.document.tokens, byToken.document.renewed], ['token', false]);
  assert.match(String(byToken.text), /EDGE_UPLOAD_TOKEN/);
  const env = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD };
  const byPassword = await run(here, whoami(here.context({ env }), {}));
  assert.equal(byPassword.document.tokens, 'password');
  assert.match(String(byPassword.text), /in memory only/);
});

test('whoami renews a rejected token once', async (t) => {
  const here = await world(t);
  const { file, kept } = await signedIn(here);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(file, JSON.stringify({ ...kept, accessToken: 'aaaa.bbbb.cccc' }), { mode: 0o600 });
  const { document } = await run(here, whoami(here.context(), {}));
  assert.equal(document.username, 'ada');
  assert.deepEqual(here.operations, ['GetTokensFromRefreshToken']);
  const stale = here.context({ env: { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' } });
  assert.equal((await failure(here, whoami(stale, {}))).code, 'token_refused');
});

test('logout revokes the refresh token, then deletes the tokens', async (t) => {
  const here = await world(t);
  const { file, kept } = await signedIn(here);
  const { document, text } = await run(here, logout(here.context(), {}));
  assert.deepEqual(document, { signedOut: true, username: 'ada', url: here.url, revoked: true });
  assert.match(String(text), /signed out/);
  assert.equal(existsSync(file), false);
  const { sdk, ClientId } = here.setup;
  await assert.rejects(sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: kept.refreshToken }), {
    name: 'NotAuthorizedException',
  });
  assert.equal((await failure(here, token(here.context(), {}))).code, 'not_signed_in');
  const again = await run(here, logout(here.context(), {}));
  assert.equal(again.document.signedOut, false);
});

/** Resolves once a file is opened. */
async function whenOpened(path: string): Promise<void> {
  const { open } = fs;
  try {
    await new Promise<void>((resolve) => {
      fs.open = (...given) => {
        if (given[0] === path) resolve();
        return open(...given);
      };
      syncBuiltinESMExports();
    });
  } finally {
    fs.open = open;
    syncBuiltinESMExports();
  }
}

test('logout revokes the token that another process has just refreshed', async (t) => {
  const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 };
  const client = { RefreshTokenRotation, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] };
  const here = await world(t, { client });
  const { file, kept } = await signedIn(here);
  const { sdk, ClientId } = here.setup;
  let signingOut: Promise<unknown> | undefined;
  let renewed = '';
  await withLock(file, async () => {
    const waiting = whenOpened(`${file}.lock`);
    signingOut = run(here, logout(here.context(), {}));
    await waiting;
    const answer = await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: kept.refreshToken });
    renewed = answer.AuthenticationResult?.RefreshToken ?? assert.fail('the pool does not rotate');
    await replaceFile(file, JSON.stringify({ ...kept, refreshToken: renewed }));
  });
  await signingOut;
  assert.equal(existsSync(file), false);
  await assert.rejects(sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: renewed }), {
    name: 'NotAuthorizedException',
  });
});

test('logout deletes the tokens even if revocation fails, and explains the consequence', async (t) => {
  const here = await world(t);
  const { file } = await signedIn(here);
  const context = here.context({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } });
  const { document } = await run(here, logout(context, {}));
  assert.deepEqual([document.signedOut, document.revoked], [true, false]);
  assert.match(JSON.stringify(context.events), /until they expire/);
  assert.equal(existsSync(file), false);
});

test('logout --everywhere ends every sign-in of the user, on all computers', async (t) => {
  const here = await world(t);
  const { file } = await signedIn(here);
  const elsewhere = here.context({
    env: { EDGE_UPLOAD_PASSWORD: PASSWORD, XDG_STATE_HOME: `${here.home}/other` },
  });
  await run(here, login(elsewhere, { url: here.url, username: 'ada' }));
  here.setup.advance(HOUR);
  const { document, text } = await run(here, logout(here.context(), { everywhere: true }));
  assert.deepEqual([document.signedOut, document.everywhere], [true, true]);
  assert.match(String(text), /every computer/);
  assert.equal(existsSync(file), false);
  here.setup.advance(HOUR);
  const other = here.context({ env: { XDG_STATE_HOME: `${here.home}/other` } });
  const error = await failure(here, token(other, {}));
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
  assert.match(error.hint ?? '', /edge-upload login \S+ --username ada/);
});

test('logout --everywhere fails and deletes nothing if Cognito is unreachable', async (t) => {
  const here = await world(t);
  const { file } = await signedIn(here);
  here.intercept(() => ({
    status: 400,
    body: { __type: 'TooManyRequestsException', message: 'Rate exceeded' },
  }));
  const error = await failure(here, logout(here.context(), { everywhere: true }));
  assert.equal(error.code, 'throttled');
  assert.equal(existsSync(file), true);
});

test('logout warns if environment variables still sign in', async (t) => {
  const here = await world(t);
  await signedIn(here);
  const context = here.context({ env: { EDGE_UPLOAD_TOKEN: 'aaaa.bbbb.cccc' } });
  await run(here, logout(context, {}));
  assert.match(JSON.stringify(context.events), /EDGE_UPLOAD_TOKEN/);
});

test('deployments forget deletes all tokens of the edge, damaged files included, and no others', async (t) => {
  const here = await world(t);
  const ada = await signedIn(here, 'ada');
  const bob = await signedIn(here, 'bob');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${bob.file}.damaged`, 'x');
  await forgetTokens(here.context(), 'https://elsewhere.example');
  assert.deepEqual([existsSync(ada.file), existsSync(bob.file)], [true, true]);
  await forgetTokens(here.context(), here.url);
  assert.deepEqual(
    [ada.file, bob.file, `${bob.file}.damaged`].map((file) => existsSync(file)),
    [false, false, false],
  );
});
