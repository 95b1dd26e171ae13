import assert from 'node:assert/strict';
import { assertReadable } from '../reading.ts';
import { openTab } from '../tab.ts';
import { assertClean, MARKUP, POLLUTION, respondInstead } from './hostile-support.ts';
import type { DeployedPage } from './world.ts';

/** The operator's settings of the page. */
export const HOSTILE = { title: '<b>Müller & Söhne</b>', note: 'Drawings & <i>photos</i>' };

/** Hostile input is shown as text and has no effect. */
export async function hostileCases(world: DeployedPage): Promise<void> {
  const { t, browser, url, createLink } = world;

  await t.test('shows a title, a note and file names as text, never as markup', async () => {
    const { address } = await createLink('--prefix', 'names/', '--note', '<script>alert(1)</script>');
    const tab = await openTab(browser, address);
    assert.equal(await tab.textOf('h1'), HOSTILE.title);
    assert.match(await tab.textOf('header'), /Drawings & <i>photos<\/i>/);
    assert.match(await tab.textOf('.screen'), /<script>alert\(1\)<\/script>/);
    // Names that are also ids, variables, elements of the page, or members of every object.
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

  await t.test(
    'shows a hostile description of the edge as text, and ignores members of wrong types',
    async () => {
      const described = [
        `{"service":"edge-upload",${POLLUTION},"page":{"title":${JSON.stringify(MARKUP)},"note":["a"],"color":"#12345;}*{","logo":"yes"},`,
        `"issuers":[null,7,{"kind":"people","alias":"${'a'.repeat(32)}","issuer":"https://a.example","clientId":"a"},{"kind":"people","alias":${JSON.stringify(MARKUP)},"issuer":"javascript:alert(1)","clientId":"a","scopes":[{}]}]}`,
      ].join('');
      const tab = await openTab(browser, 'about:blank', { ready: '*' });
      await respondInstead(tab, (request) =>
        new URL(request.url()).pathname === '/.well-known/edge-upload'
          ? { status: 200, contentType: 'application/json', body: described }
          : undefined,
      );
      await tab.page.goto(`${url}/`);
      await tab.shows('h1', MARKUP);
      await tab.shows('.ways', `Sign in with ${MARKUP}`);
      await assertReadable(tab.page, 'a long alias');
      await assertClean(tab);
      await tab.page.click('.ways button:last-child');
      await tab.shows('[role=alert]', 'The sign-in service is unreachable.');
      assert.equal(tab.page.url(), `${url}/`);
      tab.problems.splice(0);
      await tab.close();
    },
  );

  await t.test('ignores messages, the window’s name, its opener and other fragments', async () => {
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

  await t.test('the content security policy blocks markup, foreign scripts and other hosts', async () => {
    const tab = await openTab(browser, `${url}/`);
    const refused = await tab.page.evaluate(async (markup) => {
      const names: string[] = [];
      const expect = (name: string, act: () => unknown) => {
        try {
          act();
          names.push(name);
        } catch {
          // Expected: the policy blocks it.
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
  });
}
