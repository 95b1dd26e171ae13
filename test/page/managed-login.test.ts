import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HTTPRequest } from 'puppeteer-core';
import type { BakedConfig, EdgePage } from '../../edge/config.ts';
import type { GeneratedResponse } from '../../edge/response.ts';
import { runBundle } from '../edge/support/bundle.ts';
import { outside } from '../edge/support/issuers.ts';
import { bakedWith } from '../edge/support/own-tokens.ts';
import { accessToken, CLIENT_ID, USER_POOL_ID } from '../edge/support/pool.ts';
import { plainHeaders, viewerEvent } from '../edge/support/viewer.ts';
import { listen } from '../support/serve.ts';
import { openBrowser } from './browser.ts';
import { openTab } from './tab.ts';

const POOL = `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`;
const LOGIN = 'https://edge-upload-1234.auth.us-east-1.amazoncognito.com';

/** Serves the page from the built function, as CloudFront does. */
function edge(baked: Partial<BakedConfig>, page: EdgePage): RequestListener {
  const { handler } = runBundle(bakedWith({ page: { title: 'A' }, ...baked }), {}, page);
  return async ({ method = 'GET', url: target = '/', headers }, response) => {
    const sent = Object.entries(headers).flatMap(([name, value]) =>
      name === 'host' ? [] : [`${name}: ${value}`],
    );
    const answer = (await handler(viewerEvent({ method, target, headers: sent }))) as GeneratedResponse;
    response.writeHead(Number(answer.status), plainHeaders(answer.headers));
    response.end(Buffer.from(answer.body ?? '', answer.bodyEncoding === 'base64' ? 'base64' : 'utf8'));
  };
}

/** Responds like the pool and its managed login. Returns the requests for a token. */
function playCognito(origin: string) {
  const asked: URLSearchParams[] = [];
  const challenges: string[] = [];
  const respond = (request: HTTPRequest, body: object) =>
    request.respond({
      contentType: 'application/json',
      headers: { 'access-control-allow-origin': '*' },
      body: JSON.stringify(body),
    });
  const answer = (request: HTTPRequest): Promise<void> => {
    const url = new URL(request.url());
    const at = `${url.origin}${url.pathname}`;
    if (at === `${POOL}/.well-known/openid-configuration`) {
      return respond(request, {
        issuer: POOL,
        authorization_endpoint: `${LOGIN}/oauth2/authorize`,
        token_endpoint: `${LOGIN}/oauth2/token`,
      });
    }
    if (at === `${LOGIN}/oauth2/authorize`) {
      const query = url.searchParams;
      assert.equal(query.get('client_id'), CLIENT_ID);
      assert.equal(query.get('redirect_uri'), `${origin}/`);
      assert.equal(query.get('scope'), 'openid');
      challenges.push(query.get('code_challenge') ?? '');
      const location = `${origin}/?code=c1&state=${query.get('state')}`;
      return request.respond({ status: 302, headers: { location } });
    }
    if (at === `${LOGIN}/oauth2/token`) {
      asked.push(new URLSearchParams(request.postData() ?? ''));
      const token = accessToken({ username: 'idp_ada', scope: 'openid' });
      return respond(request, { access_token: token, expires_in: 3600 });
    }
    return request.continue();
  };
  return { answer, asked, challenges };
}

test('offers the ways that work in a browser, and names the command for the others', async (t) => {
  const files: EdgePage = JSON.parse(
    await readFile(join(import.meta.dirname, '../../dist/page.json'), 'utf8'),
  );
  const browser = await openBrowser(t);
  const google = outside({
    alias: 'google',
    preset: 'google',
    clientId: 'desktop',
    clientSecretPublic: 'not-secret',
    iss: ['https://accounts.example.com'],
  });

  await t.test('signs users of a provider behind the pool in by managed login', async () => {
    const origin = await listen(t, edge({ idp: true, managedLogin: LOGIN, issuers: [google] }, files));
    const tab = await openTab(browser, `${origin}/`);
    const { answer, asked, challenges } = playCognito(origin);
    await tab.page.setRequestInterception(true);
    tab.page.on('request', (request) => void answer(request));
    assert.equal(await tab.textOf('.ways'), 'Sign in with idp');
    await tab.inspect('sign-in-providers/managed-login');
    await tab.press('Sign in with idp');
    await tab.shows('.who', 'Signed in as idp_ada');
    const [token] = asked;
    const verifier = token?.get('code_verifier') ?? '';
    assert.deepEqual(challenges, [createHash('sha256').update(verifier).digest('base64url')]);
    assert.equal(token?.get('client_id'), CLIENT_ID);
    await tab.close();
  });

  await t.test('shows the sign-in command for each issuer if none works in a browser', async () => {
    const { userPoolId, clientId, jwks, ...without } = bakedWith({ page: {}, issuers: [google] });
    assert.ok(userPoolId && clientId && jwks);
    for (const [baked, alias, form] of [
      [{ ...without, userPoolId: undefined, clientId: undefined, jwks: undefined }, 'google', 0],
      [{ idp: true }, 'idp', 1],
    ] as const) {
      const origin = await listen(t, edge(baked as Partial<BakedConfig>, files));
      const tab = await openTab(browser, `${origin}/`);
      await tab.shows('.hint', `To sign in with ${alias}, use the command line`);
      assert.equal(await tab.textOf('.hint code'), `edge-upload login ${origin} --issuer ${alias}`);
      assert.equal((await tab.page.$$('.ways button')).length, 0);
      assert.equal((await tab.page.$$('#password')).length, form);
      await tab.inspect(`sign-in-providers/command-${alias}`);
      await tab.close();
    }
  });
});
