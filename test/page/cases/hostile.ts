import assert from 'node:assert/strict';
import type { HTTPRequest } from 'puppeteer-core';
import { openTab, type Tab } from '../tab.ts';
import type { DeployedPage } from './world.ts';

const MARKUP = '<img src=x onerror="globalThis.polluted = 1">';

const POLLUTION = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';

/** The page has no element and no member of objects that others put there. */
async function assertClean({ page }: Tab): Promise<void> {
  assert.equal((await page.$$('img, iframe, object, embed, body script, [onerror], [style]')).length, 0);
  assert.equal(
    await page.evaluate(() => ({}) as { polluted?: unknown }).then(({ polluted }) => polluted),
    undefined,
  );
  assert.equal(await page.evaluate('globalThis.polluted ?? ({}).polluted'), undefined);
}

/** Answers requests in the place of the edge, the store or a proxy. */
async function answerInstead(
  { page }: Tab,
  answer: (request: HTTPRequest) => object | undefined,
): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const given = answer(request);
    void (given === undefined ? request.continue() : request.respond(given));
  });
}

/** What the operator of the deployment gave it. */
export const HOSTILE = { title: '<b>Müller & Söhne</b>', note: 'Drawings & <i>photos</i>' };

/** What others send to the page stays text, and does nothing. */
export async function hostileCases(world: DeployedPage): Promise<void> {
  const { t, browser, url, createLink } = world;
  const file = await world.file('plain.txt', 'plain');

  await t.test('a title, a note and names of files are text, whatever they mean elsewhere', async () => {
    const { address } = await createLink('--prefix', 'names/', '--note', '<script>alert(1)</script>');
    const tab = await openTab(browser, address);
    assert.equal(await tab.textOf('h1'), HOSTILE.title);
    assert.match(await tab.textOf('header'), /Drawings & <i>photos<\/i>/);
    assert.match(await tab.textOf('.screen'), /<script>alert\(1\)<\/script>/);
    // Identifiers of the page and names of its variables, of elements and of every object.
    const names = [
      '<img src=x onerror=alert(1)>.txt',
      'files',
      'page',
      'document',
      '__proto__',
      'constructor',
    ];
    await tab.choose(...(await Promise.all(names.map((name) => world.file(name)))));
    await tab.shows('.summary', `${names.length} files arrived.`);
    assert.equal((await tab.textOf('.files .name')).split('\n').sort().join(), [...names].sort().join());
    assert.deepEqual(await world.keysBelow('names/'), names.map((name) => `names/${name}`).sort());
    assert.deepEqual(await tab.page.$$eval('[id]', (found) => found.map(({ id }) => id).sort()), [
      ...['files', 'folder', 'page'],
    ]);
    await assertClean(tab);
    await tab.close();
  });

  await t.test('refusals of a hostile store are named in the page’s own words', async () => {
    const { address } = await createLink('--prefix', 'hostile/');
    const tab = await openTab(browser, address);
    let next: object = {};
    await answerInstead(tab, (request) => (request.method() === 'PUT' ? next : undefined));
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
      await tab.choose(file);
      await tab.shows('[data-state=failed] .error', 'The service refused the file.');
      await assertClean(tab);
      await tab.page.click('[data-state=failed] [aria-label^=Remove]');
      await tab.page.waitForFunction(() => document.querySelector('.files li') === null);
    }
    await tab.close();
  });

  await t.test(
    'a hostile description of the edge is text, and each member has the type that it must have',
    async () => {
      const described = [
        `{"service":"edge-upload",${POLLUTION},"page":{"title":${JSON.stringify(MARKUP)},"note":["a"],"color":"#12345;}*{","logo":"yes"},`,
        `"issuers":[null,7,{"kind":"people","alias":${JSON.stringify(MARKUP)},"issuer":"javascript:alert(1)","clientId":"a","scopes":[{}]}]}`,
      ].join('');
      const tab = await openTab(browser, 'about:blank', { ready: '*' });
      await answerInstead(tab, (request) =>
        new URL(request.url()).pathname === '/.well-known/edge-upload'
          ? { status: 200, contentType: 'application/json', body: described }
          : undefined,
      );
      await tab.page.goto(`${url}/`);
      await tab.shows('h1', MARKUP);
      await tab.shows('.ways', `Sign in with ${MARKUP}`);
      await assertClean(tab);
      await tab.page.click('.ways button');
      await tab.shows('[role=alert]', 'The sign-in service is unreachable.');
      assert.equal(tab.page.url(), `${url}/`);
      tab.problems.splice(0);
      await tab.close();
    },
  );

  await t.test('answers of a hostile sign-in service end in words, and the form works again', async () => {
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
        globalThis.fetch = async () => new Response(text);
      }, body);
      await tab.type('#username', 'ada');
      await tab.type('#password', 'Correct-horse-42!');
      await tab.page.$eval('[role=alert]', (alert) => alert.replaceChildren());
      await tab.press('Sign in');
      await tab.page.waitForFunction(() => document.querySelector('[role=alert]')?.textContent !== '');
      assert.equal(
        await tab.page.$eval('form button', (one) => (one as HTMLButtonElement).disabled),
        false,
        body,
      );
      await assertClean(tab);
    }
    await tab.close();
  });

  await t.test('messages, the name of the window, its opener and the fragment reach nothing', async () => {
    const opener = await browser.newPage();
    const opening = browser.waitForTarget((target) => target.url().startsWith(url));
    await opener.evaluate((address) => {
      open(address, 'edge-upload');
    }, `${url}/`);
    const opened = await (await opening).page();
    assert.ok(opened);
    await opened.waitForSelector('#password');
    assert.equal(await opened.evaluate(() => opener), null);
    await opened.close();
    await opener.close();

    const tab = await openTab(browser, 'about:blank', { ready: '*' });
    await tab.page.evaluateOnNewDocument((markup) => {
      window.name = markup;
    }, MARKUP);
    await tab.page.goto(`${url}/#${MARKUP}`);
    await tab.page.waitForSelector('#password');
    await tab.page.evaluate((markup) => {
      for (const data of [markup, { token: 'a.b.c' }, { id: 1, crc: 7 }]) postMessage(data);
    }, MARKUP);
    await assertClean(tab);
    const reloaded = tab.page.waitForNavigation();
    await tab.page.evaluate((markup) => {
      location.hash = `${markup}2`;
    }, MARKUP);
    await reloaded;
    await tab.page.waitForSelector('#password');
    await assertClean(tab);
    await tab.close();
  });

  await t.test(
    'the policy of the page runs no markup, no script of others, and reaches no other host',
    async () => {
      const tab = await openTab(browser, `${url}/`);
      const refused = await tab.page.evaluate(async (markup) => {
        const names: string[] = [];
        const expect = (name: string, act: () => unknown) => {
          try {
            act();
            names.push(name);
          } catch {
            // Refused, as it is to be.
          }
        };
        const script = document.createElement('script');
        expect('innerHTML', () => {
          document.body.innerHTML = markup;
        });
        expect('script', () => {
          script.text = 'globalThis.polluted = 1';
        });
        expect('src', () => {
          script.src = 'https://other.example/a.js';
        });
        expect('srcdoc', () => {
          document.createElement('iframe').srcdoc = markup;
        });
        expect('worker', () => new Worker('data:text/javascript,1'));
        const { trustedTypes } = globalThis as unknown as {
          trustedTypes: { createPolicy(name: string, rules: object): void };
        };
        expect('policy', () => trustedTypes.createPolicy('other', {}));
        await fetch('https://other.example/').then(
          () => names.push('fetch'),
          () => {},
        );
        return names;
      }, MARKUP);
      assert.deepEqual(refused, []);
      await assertClean(tab);
      const directives = new Set(tab.problems.flatMap((one) => /^violates ([\w-]+):/.exec(one)?.[1] ?? []));
      assert.ok(directives.has('connect-src'), tab.problems.join('\n'));
      assert.ok(directives.has('require-trusted-types-for'), tab.problems.join('\n'));
      await tab.page.close();
    },
  );
}
