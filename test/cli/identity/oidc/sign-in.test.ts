import assert from 'node:assert/strict';
import { type TestContext as Test, test } from 'node:test';
import { list } from '../../../../cli/commands/deployments.ts';
import { login } from '../../../../cli/commands/login.ts';
import { logout } from '../../../../cli/commands/logout.ts';
import { change } from '../../../../cli/commands/password.ts';
import { token } from '../../../../cli/commands/token.ts';
import { whoami } from '../../../../cli/commands/whoami.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { listDeployments } from '../../../../cli/settings/deployments.ts';
import { resolveTarget } from '../../../../cli/settings/target.ts';
import { type Company, type CompanyOptions, openCompany } from '../../../support/company.ts';
import { flatResult } from '../../../support/flat.ts';
import { headlessBrowser } from '../../../support/headless-browser.ts';
import { claimsOf } from '../../../support/keys/forge.ts';
import { addressIn, failure, openRig, type Rig } from './rig.ts';

const CLAIMS = { email: 'ada@acme.com', groups: ['writers'] };

/** The company's provider in the edge's description. */
function described(company: Company, more: Record<string, unknown> = {}) {
  return {
    alias: 'corp',
    kind: 'people',
    issuer: company.issuer,
    clientId: company.clientId,
    scopes: ['openid', 'email', 'offline_access'],
    token: 'access',
    preset: 'keycloak',
    ...more,
  };
}

async function open(
  t: Test,
  options: CompanyOptions = {},
  more: Record<string, unknown> = { preset: 'oidc' },
): Promise<{ rig: Rig; company: Company }> {
  const [rig, company] = await Promise.all([
    openRig(t),
    openCompany({ claims: CLAIMS, redirects: REDIRECTS, ...options }),
  ]);
  t.after(() => company.close());
  rig.issuers = [described(company, more)];
  return { rig, company };
}

const REDIRECTS = ['http://127.0.0.1/callback', 'http://localhost/callback'];

/** Signs in with a browser that follows redirects. The system chooses the callback port. */
async function signIn(
  rig: Rig,
  args: Parameters<typeof login>[1] = {},
  options: Parameters<Rig['context']>[0] = {},
) {
  const context = rig.context(options);
  // Flags name the issuer and accept its ID tokens.
  const ended = login(context, { url: rig.url, browser: true, callbackPort: 0, acceptIssuer: true, ...args });
  const shown = await Promise.race([context.shown(/The browser opens/), ended.then(() => '')]);
  const page = await headlessBrowser().open(addressIn(shown));
  return { context, page, ...flatResult(await ended) };
}

test('signs in with the browser; stores, uses and shows the tokens; logout revokes them', async (t) => {
  const { rig, company } = await open(t);
  const { page, document, text, context } = await signIn(rig);
  assert.match(page.text, /You can close this window/);
  assert.equal(page.headers.get('cache-control'), 'no-store');
  assert.equal(page.headers.get('connection'), 'close');
  assert.deepEqual(
    [document.username, document.issuer, document.signedInAt, document.writeTo],
    ['ada@acme.com', 'corp', company.issuer, ['corp/ada/']],
  );
  assert.match(text ?? '', /Signed in to .* as ada@acme.com \(corp\)/);
  assert.match(text ?? '', /keys that begin with corp\/ada\/, up to 1 MiB each, without overwriting/);
  const { host } = new URL(company.issuer);
  assert.ok(
    context.events.some(
      (event) => 'text' in event && event.text.includes(`Signing in at ${host} (issuer corp`),
    ),
    'the output first names the provider',
  );
  assert.equal(rig.received.length, 1);

  const who = flatResult(await whoami(rig.context(), {}));
  assert.deepEqual(
    [who.document.issuer, who.document.signedInAt, who.document.claims, who.document.renewed],
    ['corp', company.issuer, { department: 'it' }, true],
  );
  assert.match(who.text ?? '', new RegExp(`issuer +corp, ${host}`));
  assert.match(who.text ?? '', /claims +department: it/);
  const listed = flatResult(await list(rig.context()));
  assert.match(listed.text ?? '', /signed in: ada@acme.com \(corp\)/);
  const [deployment] = await listDeployments(context);
  assert.deepEqual(deployment?.issuers, [
    { alias: 'corp', issuer: company.issuer, clientId: company.clientId },
  ]);
  assert.equal(deployment?.bucket, 'studio-bucket');

  const printed = await token(rig.context(), {});
  assert.equal(printed.document.token, rig.received[0]);
  const changed = await failure(change(rig.context({ answers: {} }), {}));
  assert.match(
    `${changed.message} ${changed.hint}`,
    new RegExp(`ada@acme.com has no password.*${host}`, 's'),
  );
  assert.equal((await failure(logout(rig.context(), { everywhere: true }))).code, 'usage');

  const out = await logout(rig.context());
  assert.deepEqual([out.document.signedOut, out.document.revoked], [true, true]);
  assert.ok(company.requests.includes('POST /token/revocation'));
  assert.equal((await failure(token(rig.context(), {}))).code, 'not_signed_in');
});

for (const algorithm of ['ES256', 'EdDSA'] as const) {
  for (const kind of ['access', 'id'] as const) {
    test(`signs in with ${kind} tokens signed by ${algorithm}, refreshed with rotation`, async (t) => {
      const { rig, company } = await open(
        t,
        { algorithm, tokenLifetime: 3 },
        { preset: 'oidc', token: kind },
      );
      await signIn(rig);
      const [first = ''] = rig.received;
      const { aud } = claimsOf(first);
      assert.equal(aud, kind === 'id' ? company.clientId : rig.url);
      const context = rig.context();
      // Five minutes later, by the clock of the command.
      const later = { ...context, now: () => new Date(Date.now() + 300_000) };
      const target = await resolveTarget(later);
      const second = await tokenSource(later, target).current();
      await tokenSource(later, target).renew(second);
      const used = company.tokenRequests.slice(1).map((body) => body.get('refresh_token'));
      assert.equal(new Set(used).size, 2, 'each refresh token is used once');
    });
  }
}

test('prints how long a sign-in without a refresh token lasts', async (t) => {
  const { rig } = await open(t, { refresh: false }, { preset: 'keycloak', audience: undefined, token: 'id' });
  const { text } = await signIn(rig);
  assert.match(text ?? '', /The sign-in lasts for (1h 00m|59m)/);
  const who = flatResult(await whoami(rig.context(), {}));
  assert.equal(who.document.renewed, false);
  const context = rig.context();
  const end = await tokenSource(context, await resolveTarget(context)).endsAt?.();
  assert.equal(end?.toISOString(), who.document.expiresAt, 'put knows when its sign-in ends');
  const later = { ...context, now: () => new Date(Date.now() + 3_700_000) };
  const error = await failure(tokenSource(later, await resolveTarget(later)).current());
  assert.equal(error.code, 'not_signed_in');
  assert.match(error.hint ?? '', /login .* --issuer corp/);
  const out = await logout(context);
  assert.equal(out.document.revoked, false);
  assert.ok(context.events.some((event) => event.type === 'warning' && /nothing to revoke/.test(event.text)));
});
