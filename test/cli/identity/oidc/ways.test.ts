import assert from 'node:assert/strict';
import { type TestContext as Test, test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { logout } from '../../../../cli/commands/logout.ts';
import { whoami } from '../../../../cli/commands/whoami.ts';
import { reasonForNoBrowser } from '../../../../cli/identity/oidc/open-browser.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { resolveTarget } from '../../../../cli/settings/target.ts';
import { openCompany } from '../../../support/company.ts';
import { flatResult } from '../../../support/flat.ts';
import { headlessBrowser } from '../../../support/headless-browser.ts';
import { addressIn, failure, openRig } from './rig.ts';
import { openStandIn, WholeAnswer } from './stand-in.ts';

const PENDING = { error: 'authorization_pending' };

async function withStandIn(t: Test, more: Record<string, unknown> = {}) {
  const [rig, provider] = await Promise.all([openRig(t), openStandIn(t)]);
  const { issuer } = provider;
  rig.issuers = [
    {
      alias: 'corp',
      kind: 'people',
      issuer,
      clientId: 'edge-upload',
      token: 'access',
      preset: 'oidc',
      ...more,
    },
  ];
  provider.claims = { aud: rig.url };
  provider.deviceAnswer = {
    device_code: 'd1',
    user_code: 'WDJB-MJHT',
    verification_uri: 'https://login.acme.com/device',
    expires_in: 600,
    interval: 1,
  };
  return { rig, provider };
}

/** Returns the responses one after another, then tokens. */
function answering(answers: unknown[]) {
  const left = [...answers];
  return () => left.shift();
}

test('signs in by a device code that is typed on another device', async (t) => {
  const company = await openCompany({ claims: { email: 'ada@acme.com' } });
  t.after(() => company.close());
  const rig = await openRig(t);
  const { issuer, clientId } = company;
  const scopes = ['openid', 'offline_access'];
  rig.issuers = [
    { alias: 'corp', kind: 'people', issuer, clientId, scopes, token: 'access', preset: 'oidc' },
  ];
  // Without a terminal and a browser, `login` uses a device code.
  const context = rig.context({ env: { SSH_CONNECTION: '1' } });
  const ended = login(context, { url: rig.url });
  ended.catch(() => {});
  const shown = await Promise.race([context.shown(/type the code/), ended.then(() => '')]);
  const [, code = ''] = /type the code (\S+)/.exec(shown) ?? [];
  assert.ok(context.events.some((event) => 'text' in event && /this is an SSH session/.test(event.text)));
  const browser = headlessBrowser();
  const form = await browser.open(addressIn(shown));
  const confirm = await browser.submit(form, { user_code: code });
  const done = await browser.submit(confirm);
  assert.match(done.text, /Sign-in Success/);
  const { document } = await ended;
  assert.equal(document.username, 'ada@acme.com');
  assert.equal((await logout(rig.context())).document.revoked, true);
});

test('prints both names of a user whom the edge names otherwise than the provider', async (t) => {
  const { rig, provider } = await withStandIn(t);
  provider.claims = { aud: rig.url, preferred_username: 'ada@acme.com', email: 'ada' };
  const { text } = flatResult(await login(rig.context(), { url: rig.url, device: true }));
  assert.match(text ?? '', /as ada@acme\.com \(corp\)\.\nThe edge's name for this user is ada\.\n/);
  const who = flatResult(await whoami(rig.context(), {}));
  assert.deepEqual([who.document.username, who.document.signedInAs], ['ada', 'ada@acme.com']);
  assert.match(who.text ?? '', /^signed in as +ada@acme\.com$/m);
});

test('polls for a device code as the provider demands, until it is approved or refused', async (t) => {
  const { rig, provider } = await withStandIn(t);
  provider.tokenAnswer = answering([PENDING, undefined]);
  const { document } = await login(rig.context(), { url: rig.url, device: true });
  assert.equal(document.username, 'ada');
  assert.equal(provider.bodies.at(-1)?.get('device_code'), 'd1');

  // While the user types the code, a failure of the provider's server does not end the sign-in.
  provider.tokenAnswer = answering([new WholeAnswer(503, 'text/html', '<html>busy</html>'), undefined]);
  assert.equal((await login(rig.context(), { url: rig.url, device: true })).document.username, 'ada');

  const refusals: readonly (readonly [unknown, RegExp])[] = [
    [{ error: 'access_denied' }, /access_denied/],
    [{ error: 'expired_token' }, /expired_token/],
    [{ error: 'invalid_grant', error_description: 'AADSTS530033: blocked by policy' }, /blocked by policy/],
    [{}, /failed/],
    [
      new WholeAnswer(200, 'text/html; charset=utf-8', '<html>'),
      /the response is not JSON: HTTP 200, text\/html\.$/,
    ],
    [new WholeAnswer(302, ''), /unexpected status: HTTP 302\.$/],
    [new WholeAnswer(200, 'application/json', '{"x"'), /unexpected response: .* as JSON\.$/],
  ];
  for (const [answer, message] of refusals) {
    provider.tokenAnswer = answering([answer]);
    const error = await failure(login(rig.context(), { url: rig.url, device: true }));
    assert.equal(error.code, answer instanceof WholeAnswer ? 'unreachable' : 'sign_in_refused');
    assert.match(error.message, message);
  }

  const good = provider.deviceAnswer as Record<string, unknown>;
  for (const verification_uri of [
    'http://login.acme.com/device',
    'https://a:b@login.acme.com/',
    'javascript:x',
    '',
  ]) {
    provider.deviceAnswer = { ...good, verification_uri };
    const error = await failure(login(rig.context(), { url: rig.url, device: true }));
    assert.equal(error.code, 'sign_in_refused', verification_uri);
  }
  provider.deviceAnswer = { ...good, expires_in: 1 };
  provider.tokenAnswer = () => PENDING;
  const late = await failure(login(rig.context(), { url: rig.url, device: true }));
  assert.equal(late.code, 'gave_up');
});

for (const [host, reason] of [
  ['127.0.0.1:1', 'nothing listens there'],
  ['no-such-host.invalid', 'the host name'],
] as const) {
  test(`names a provider that becomes unreachable while a code is typed, and gives up: ${host}`, async (t) => {
    const { rig, provider } = await withStandIn(t);
    provider.metadata = { token_endpoint: `https://${host}/token` };
    const context = rig.context();
    // More than three requests: a short loss of the network does not end the sign-in.
    let time = Date.now();
    const now = () => {
      time += 20_000;
      return new Date(time);
    };
    const error = await failure(login({ ...context, now }, { url: rig.url, device: true }));
    assert.equal(error.code, 'unreachable');
    assert.ok(error.message.includes(reason), error.message);
    const warnings = context.events.filter(({ type }) => type === 'warning');
    assert.equal(warnings.length, 1, 'at the first failure');
    assert.ok(JSON.stringify(warnings).includes(`${reason}`));
  });
}

test('stops waiting for a device at Ctrl-C', async (t) => {
  const { rig, provider } = await withStandIn(t);
  provider.deviceAnswer = { ...(provider.deviceAnswer as object), interval: 60 };
  const context = rig.context();
  const ended = login(context, { url: rig.url, device: true });
  await context.shown(/type the code/);
  context.abort.abort();
  const error = await ended.then(
    () => assert.fail(),
    (thrown) => thrown,
  );
  assert.equal(error.code, 'interrupted');
});

test('offers the pasted address if the provider has no device codes', async (t) => {
  const { rig, provider } = await withStandIn(t);
  provider.metadata = { device_authorization_endpoint: undefined };
  const error = await failure(login(rig.context(), { url: rig.url, device: true }));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /--no-browser/);
  const noTerminal = await failure(login(rig.context(), { url: rig.url }));
  assert.equal(noTerminal.code, 'usage');
});

test('signs in by an address pasted from a browser on another computer', async (t) => {
  const { rig, provider } = await withStandIn(t);
  const forms: readonly ((address: URL) => string)[] = [
    ({ href }) => href,
    ({ href }) => `  ${href.slice(0, 40)}\n${href.slice(40)} `,
    ({ search }) => search.slice(1),
    ({ href }) => `${href}#fragment`,
  ];
  for (const form of forms) {
    const answers = {
      'Address that the browser ended on': async () => {
        const shown = await context.shown(/Copy the whole address/);
        const isBack = (url: string) => url.includes('/callback?');
        const { url } = await headlessBrowser().open(addressIn(shown), isBack);
        return form(new URL(url));
      },
    };
    const context = rig.context({ answers });
    const { document } = await login(context, { url: rig.url, browser: false });
    assert.equal(document.username, 'ada');
  }
  assert.equal(provider.codes.length, forms.length);
});

test('accepts only a pasted address of this sign-in', async (t) => {
  const { rig, provider } = await withStandIn(t);
  const context = rig.context({ answers: {} });
  const asked: (string | undefined)[] = [];
  const ui = {
    ...context.ui,
    ask: async ({ reject }: { reject?: (answer: string) => string | undefined }) => {
      const pasted = [
        '',
        'hello',
        'http://127.0.0.1:1/callback?code=c1',
        'http://127.0.0.1:1/callback?code=c1&state=x',
      ];
      for (const text of pasted) asked.push(reject?.(text));
      throw new Error('enough');
    },
  };
  await assert.rejects(login({ ...context, ui }, { url: rig.url, browser: false }), /enough/);
  assert.equal(asked.length, 4);
  for (const reason of asked) assert.match(reason ?? '', /not the address/);
  assert.deepEqual(provider.codes, []);
});

test('asks for one of several issuers at a terminal, and fails with the flag otherwise', async (t) => {
  const { rig, provider } = await withStandIn(t);
  const [corp] = rig.issuers;
  rig.issuers = [
    { ...corp },
    { ...corp, alias: 'partner', clientId: 'partner-app' },
    { alias: 'github', kind: 'workload', issuer: 'https://token.actions.githubusercontent.com', token: 'id' },
  ];
  const error = await failure(login(rig.context(), { url: rig.url }));
  assert.deepEqual([error.code, error.exitCode], ['usage', 2]);
  assert.match(error.hint ?? '', /--issuer corp\n.*--issuer partner$/);
  const wrong = await failure(login(rig.context(), { url: rig.url, issuer: 'github' }));
  assert.match(wrong.message, /no issuer “github” for people/);
  const signsIn = async (args: Parameters<typeof login>[1], answers: Record<string, string>) => {
    const context = rig.context({ answers, env: { DISPLAY: ':0' } });
    const ended = login(context, { url: rig.url, browser: true, callbackPort: 0, ...args });
    await headlessBrowser().open(addressIn(await context.shown(/The browser opens/)));
    return (await ended).document.issuer;
  };
  assert.equal(await signsIn({}, { 'Sign in with (corp, partner)': ' Partner ' }), 'partner');
  assert.equal(provider.authorized.at(-1)?.get('client_id'), 'partner-app');
  assert.equal(await signsIn({ issuer: 'corp' }, {}), 'corp');
  rig.issuers = rig.issuers.slice(2);
  assert.match((await failure(login(rig.context(), { url: rig.url }))).message, /only tokens of CI jobs/);
  rig.issuers = [{ alias: 'corp', kind: 'people', issuer: 'https://id.example.com', token: 'access' }];
  const without = await failure(login(rig.context(), { url: rig.url }));
  assert.match(`${without.message} ${without.hint}`, /no client.*--client-id/s);
  rig.issuers = [];
  const nobody = await failure(login(rig.context(), { url: rig.url }));
  assert.match(nobody.message, /it trusts no issuer/);
  assert.match(String(nobody.hint), /edge-upload trust --help/);
});

test('refuses flags of another kind of sign-in as usage errors', async (t) => {
  const { rig, provider } = await withStandIn(t);
  for (const args of [
    { create: true, email: 'ada@acme.com' },
    { codeStdin: true },
    { factor: 'app' },
    { attributes: { name: 'Ada' } },
  ] as const) {
    const error = await failure(login(rig.context(), { url: rig.url, ...args }));
    assert.equal(error.code, 'usage');
    assert.match(error.message, /not used with the issuer corp/);
  }
  const both = await failure(login(rig.context(), { url: rig.url, device: true, browser: false }));
  assert.equal(both.code, 'usage');
  assert.deepEqual(provider.requests, []);
});

test('ends the sign-in if a refresh is refused, and keeps it on temporary failures', async (t) => {
  const { rig, provider } = await withStandIn(t);
  await login(rig.context(), { url: rig.url, device: true });
  const context = rig.context();
  const later = { ...context, now: () => new Date(Date.now() + 3_590_000) };
  const target = await resolveTarget(later);
  const renewed = () => tokenSource(later, target).current();
  for (const [status, body] of [
    [503, ''],
    [200, '<html>Sign in to the network</html>'],
    [302, ''],
  ] as const) {
    provider.discovery = { status, body };
    assert.equal((await failure(renewed())).code, 'unreachable', String(status));
  }
  provider.discovery = undefined;
  for (const answer of [
    { error: 'invalid_grant', error_description: 'The refresh token was used before.' },
    { access_token: 'opaque', token_type: 'Bearer' },
  ]) {
    provider.tokenAnswer = answer;
    const error = await failure(renewed());
    assert.equal(error.code, 'not_signed_in');
    assert.match(error.hint ?? '', /--issuer corp/);
  }
  provider.tokenAnswer = undefined;
  provider.claims = { aud: rig.url, sub: 'eve' };
  assert.match((await failure(renewed())).message, /another user/);
  provider.claims = { aud: 'https://elsewhere.example' };
  assert.match((await failure(renewed())).message, /not for/);
  provider.claims = { aud: rig.url };
  assert.ok(await renewed());
  assert.equal(provider.bodies.at(-1)?.get('resource'), rig.url, 'the refresh requests the audience again');
});

test('logout prints where to revoke if the provider cannot', async (t) => {
  const { rig, provider } = await withStandIn(t);
  await login(rig.context(), { url: rig.url, device: true });
  provider.metadata = { revocation_endpoint: undefined };
  const context = rig.context();
  const { document } = await logout(context);
  assert.deepEqual([document.signedOut, document.revoked], [true, false]);
  assert.ok(
    context.events.some((event) => event.type === 'warning' && /cannot revoke tokens/.test(event.text)),
  );
});

test('shows the reason if the edge refuses a sign-in, and the step that helps', async (t) => {
  const { rig } = await withStandIn(t);
  for (const [status, error, step] of [
    [403, 'forbidden', 'Ask the operator of the edge for a rule or a group that allows it.'],
    [401, 'invalid_token', 'edge-upload trust check'],
    [401, 'unknown_issuer', 'edge-upload trust check'],
  ] as const) {
    rig.refusal = { status, error, message: 'This token is not enough.' };
    const context = rig.context();
    const { document, text } = flatResult(await login(context, { url: rig.url, device: true }));
    assert.equal(document.writeTo, undefined);
    assert.ok(
      context.events.some((event) => event.type === 'warning' && /not enough/.test(String(event.text))),
    );
    assert.ok(text?.includes(step), text);
    assert.doesNotMatch(text ?? '', /edge-upload put/);
  }
});

test('opens a browser on desktops and in WSL, not in remote sessions', () => {
  const why = (env: Record<string, string>, platform: NodeJS.Platform = 'linux', interactive = true) =>
    reasonForNoBrowser({ env, platform, ui: { interactive } as never });
  const display = { DISPLAY: ':0' };
  for (const env of [
    display,
    { WAYLAND_DISPLAY: 'w' },
    { WSL_DISTRO_NAME: 'Debian' },
    { WSL_INTEROP: '/run/x' },
  ])
    assert.equal(why(env), undefined);
  assert.equal(why({}, 'darwin'), undefined);
  assert.equal(why({}, 'win32'), undefined);
  for (const name of ['SSH_CONNECTION', 'SSH_TTY', 'CODESPACES', 'REMOTE_CONTAINERS'])
    assert.ok(why({ ...display, [name]: 'true' }), name);
  assert.ok(why({}));
  assert.ok(why(display, 'linux', false));
});

test('signs in, refreshes and revokes a Google desktop client with its public secret', async (t) => {
  const google = { preset: 'google', token: 'id', clientSecretPublic: 'GOCSPX-public' };
  const { rig, provider } = await withStandIn(t, google);
  provider.tokenAnswer = (body: URLSearchParams) =>
    body.get('client_secret') === 'GOCSPX-public'
      ? undefined
      : { error: 'invalid_request', error_description: 'client_secret is missing.' };
  const signIn = async () => {
    const context = rig.context();
    const args = { url: rig.url, browser: true, callbackPort: 0, acceptIssuer: true };
    const ended = login(context, args);
    ended.catch(() => {});
    const shown = await Promise.race([context.shown(/The browser opens/), ended.then(() => '')]);
    await headlessBrowser().open(addressIn(shown));
    return ended;
  };
  assert.equal((await signIn()).document.username, 'ada');
  assert.equal(provider.authorized.at(-1)?.has('client_secret'), false, 'no secret is in an address');
  const later = { ...rig.context(), now: () => new Date(Date.now() + 2 * 3_600_000) };
  await tokenSource(later, await resolveTarget(later))
    .current()
    .catch(() => {});
  await logout(rig.context());
  const secrets = provider.bodies.map((body) => body.get('client_secret'));
  assert.deepEqual(new Set(secrets), new Set(['GOCSPX-public']));
  assert.ok(secrets.length >= 3, 'sign-in, refresh and revocation');

  // Without the setting, and for other providers, no secret is sent.
  for (const more of [
    { preset: 'google', token: 'id', clientSecretPublic: undefined },
    { ...google, preset: 'oidc' },
  ]) {
    rig.issuers = [{ ...rig.issuers[0], ...more }];
    const error = await failure(signIn());
    assert.match(error.message, /client_secret is missing/);
    assert.match(String(error.hint), /trust google <domain> --client-secret-public/);
    assert.equal(provider.bodies.at(-1)?.has('client_secret'), false);
  }
});

test('asks once to confirm the client of the managed login, then returns to localhost', async (t) => {
  const managed = {
    alias: 'idp',
    preset: 'cognito',
    clientId: 'pool-client',
    audience: 'pool-client',
    scopes: ['openid'],
  };
  const { rig, provider } = await withStandIn(t, managed);
  // Cognito's access tokens have no audience; they name the client.
  provider.claims = { aud: undefined, client_id: 'pool-client', username: 'idp_ada', token_use: 'access' };
  const refused = await failure(login(rig.context(), { url: rig.url, browser: true }));
  assert.match(String(refused.hint), /--accept-issuer/);
  assert.equal(provider.authorized.length, 0);

  const signIn = async (args: { acceptIssuer?: boolean }) => {
    const context = rig.context();
    const ended = login(context, { url: rig.url, browser: true, ...args });
    ended.catch(() => {});
    const shown = await Promise.race([context.shown(/The browser opens/), ended.then(() => '')]);
    await headlessBrowser().open(addressIn(shown));
    return ended;
  };
  const { document } = await signIn({ acceptIssuer: true });
  assert.deepEqual([document.username, document.issuer], ['idp_ada', 'idp']);
  const asked = provider.authorized.at(-1);
  const back = new URL(asked?.get('redirect_uri') ?? '');
  assert.equal(back.hostname, 'localhost');
  assert.ok(['21743', '25417', '28961'].includes(back.port), back.port);
  assert.equal(back.pathname, '/callback');
  assert.deepEqual(
    ['scope', 'code_challenge_method', 'resource', 'audience'].map((name) => asked?.get(name) ?? null),
    ['openid', 'S256', null, null],
  );
  await signIn({});

  const later = { ...rig.context(), now: () => new Date(Date.now() + 2 * 3_600_000) };
  await tokenSource(later, await resolveTarget(later)).current();
  assert.equal(provider.bodies.at(-1)?.get('grant_type'), 'refresh_token');
  await logout(rig.context());
  assert.equal(provider.bodies.at(-1)?.get('client_id'), 'pool-client');
});
