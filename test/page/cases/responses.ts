import assert from 'node:assert/strict';
import { listen } from '../../support/serve.ts';
import { openTab } from '../tab.ts';
import { assertClean, assertFails, MARKUP, POLLUTION, respondInstead } from './hostile-support.ts';
import type { DeployedPage } from './world.ts';

/** The page reports every response of the store, the edge, a proxy or a sign-in service in its own words. */
export async function responseCases(world: DeployedPage): Promise<void> {
  const { t, browser, url, createLink } = world;
  const file = await world.file('plain.txt', 'plain');

  await t.test('reports refusals of a hostile store in the page’s own words', async () => {
    const { address } = await createLink('--prefix', 'hostile/');
    const tab = await openTab(browser, address);
    let next: object = {};
    await respondInstead(tab, (request) => (request.method() === 'PUT' ? next : undefined));
    const escaped = MARKUP.replaceAll('<', '&lt;');
    for (const [contentType, body] of [
      ['application/xml', `<Error><Code>${escaped}</Code><Message>${escaped}</Message></Error>`],
      ['application/xml', `<!DOCTYPE x [<!ENTITY y "${escaped}">]><Error><Code>&y;</Code></Error>`],
      ['application/json', `{"error":"__proto__","message":${JSON.stringify(MARKUP)},${POLLUTION}}`],
      ['application/json', `{"error":"constructor","message":"${'x'.repeat(200_000)}"}`],
      ['application/json', 'null'],
      ['text/plain', MARKUP],
    ] as const) {
      next = { status: 400, contentType, body };
      await assertFails(tab, file, 'The service refused the request.');
    }
    await tab.close();
  });

  await t.test('reports each invalid response of a store or an edge as a failure', async () => {
    const { address } = await createLink('--prefix', 'answers/');
    const tab = await openTab(browser, address);
    let next: object = {};
    await respondInstead(tab, (request) => (request.method() === 'PUT' ? next : undefined));
    // The CRC-32 of “plain” in base64, and another one.
    const [right, wrong] = ['GSBizw==', 'AAAAAA=='];
    for (const [answer, error] of [
      [{ headers: { etag: '"a"', 'x-amz-checksum-crc32': wrong } }, 'The file was damaged in transit.'],
      [{ headers: { etag: '"a"' } }, 'The file was damaged in transit.'],
      [{ headers: { 'x-amz-checksum-crc32': right } }, 'Another server responded instead of the service'],
      [
        { headers: { etag: '"<b>"', 'x-amz-checksum-crc32': right } },
        'Another server responded instead of the service',
      ],
      [{ contentType: 'text/html', body: MARKUP }, 'Another server responded instead of the service'],
      [{ status: 503, headers: { 'retry-after': '999999999' } }, 'The service is busy.'],
      [{ status: 429, headers: { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' } }, 'The service is busy.'],
      [{ status: 400, body: 'x'.repeat(1_000_000) }, 'The service refused the request.'],
      [
        { status: 400, body: `<Error><Code>${'&'.repeat(1_000_000)}</Code></Error>` },
        'The service refused the request.',
      ],
    ] as const) {
      next = { status: 200, ...answer };
      await assertFails(tab, file, error);
    }
    await tab.close();
  });

  await t.test('sends neither the file nor the token to the target of a redirect', async () => {
    const { address } = await createLink('--prefix', 'redirects/');
    const requests: string[] = [];
    const other = await listen(t, (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response
        .writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' })
        .end();
    });
    const tab = await openTab(browser, address);
    await respondInstead(tab, (request) =>
      request.method() === 'PUT' ? { status: 307, headers: { location: `${other}/stolen` } } : undefined,
    );
    await tab.choose(file);
    await tab.shows('.state', 'The connection was interrupted. Trying again.');
    await tab.page.click('[aria-label^=Remove]');
    await tab.page.waitForFunction(() => document.querySelector('.files li') === null);
    assert.deepEqual(requests, []);
    assert.ok(
      tab.problems.some((one) => one.includes('connect-src')),
      tab.problems.join('\n'),
    );
    tab.problems.splice(0);
    await tab.close();
  });

  await t.test('reports a refusal of a server in between without speaking of a file', async () => {
    const { address } = await createLink('--prefix', 'between/');
    for (const status of [403, 412, 413, 414, 431]) {
      const tab = await openTab(browser, 'about:blank', { ready: '*' });
      await respondInstead(tab, (request) =>
        new URL(request.url()).pathname === '/.well-known/edge-upload'
          ? { status, contentType: 'text/html', body: '<h1>Blocked</h1>' }
          : undefined,
      );
      await tab.page.goto(address);
      await tab.shows('.message', 'The service refused the request. Contact the recipient of your files.');
      await tab.close();
    }
  });

  await t.test('reports invalid responses of a sign-in service, and the form stays usable', async () => {
    const tab = await openTab(browser, `${url}/`);
    for (const body of [
      'null',
      '7',
      '[]',
      `{${POLLUTION}}`,
      '{"AuthenticationResult":{"AccessToken":7,"ExpiresIn":"soon"}}',
      '{"AuthenticationResult":null,"ChallengeName":{"a":1},"ChallengeParameters":7}',
      '{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":[],"SRP_B":"0","SECRET_BLOCK":"a","USER_ID_FOR_SRP":"a"}}',
      '{"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"requiredAttributes":"[\\"a\\"]"}}',
      '{"ChallengeName":"MFA_SETUP","SecretCode":"A&issuer=other"}',
      '{"ChallengeName":"MFA_SETUP","SecretCode":{"replace":1}}',
    ]) {
      await tab.page.evaluate((text) => {
        const held = new Promise<void>((respond) => Object.assign(globalThis, { respond }));
        globalThis.fetch = async () => {
          await held;
          return new Response(text);
        };
      }, body);
      await tab.type('#username', 'ada');
      await tab.type('#password', 'Correct-horse-42!');
      await tab.page.$eval('[role=alert]', (alert) => alert.replaceChildren());
      await tab.press('Sign in');
      await tab.page.waitForSelector('form button[aria-disabled]');
      await tab.page.evaluate('respond()');
      await tab.page.waitForFunction(() => document.querySelector('[role=alert]')?.textContent !== '');
      assert.equal(
        await tab.page.$eval('form button', (one) => one.hasAttribute('aria-disabled')),
        false,
        body,
      );
      await assertClean(tab);
    }
    await tab.close();
  });
}
