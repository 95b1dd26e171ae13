import assert from 'node:assert/strict';
import { setFaults } from '../../e2e/harness.ts';
import { openTab, type Tab } from '../tab.ts';
import { holdUploads } from './gestures.ts';
import type { DeployedPage } from './world.ts';

const MB = 1_000_000;

/** Broken networks, other tabs, and screens of all kinds. */
export async function stateCases(world: DeployedPage): Promise<void> {
  const { t, browser, cloud, url, createLink, file } = world;
  const small = await file('small.txt');
  const large = await world.fileOf('large.bin', 40 * MB);

  await t.test('reports an unreachable edge, and continues once it responds', async () => {
    const { address } = await createLink('--prefix', 'cut/');
    const tab = await openTab(browser, 'about:blank', { ready: '*' });
    const { page } = tab;
    await page.setRequestInterception(true);
    let cuts = 2;
    page.on('request', (request) => {
      const isDescription = new URL(request.url()).pathname === '/.well-known/edge-upload';
      if (isDescription && cuts > 0) {
        cuts -= 1;
        void request.abort('connectionreset');
      } else void request.continue();
    });
    const shown = page.evaluateOnNewDocument(() => {
      const texts: string[] = [];
      Object.assign(globalThis, { texts });
      new MutationObserver(() => texts.push(document.querySelector('.hint')?.textContent ?? '')).observe(
        document,
        { subtree: true, childList: true, characterData: true },
      );
    });
    await shown;
    await page.goto(address);
    await tab.shows('.choices', 'Choose files');
    const texts = (await page.evaluate('texts')) as string[];
    assert.ok(texts.includes('The connection was interrupted. Trying again.'), texts.join());
    await tab.close();
  });

  await t.test('sends a waiting file once the device is online again', async () => {
    const { address } = await createLink('--prefix', 'offline/');
    await setFaults(cloud, { edge: { bytesPerSecond: 8 * MB } });
    const tab = await openTab(browser, address);
    await tab.choose(large);
    await tab.sent('large.bin', 10 * MB);
    await tab.page.setOfflineMode(true);
    await tab.shows('.state', 'You are offline.');
    await tab.inspect('uploads/offline');
    await tab.choose(await world.fileOf('later.bin', 10 * MB));
    await tab.shows('li:has([aria-label="Pause: later.bin"]) .state', 'You are offline.');
    await setFaults(cloud, {});
    await tab.page.setOfflineMode(false);
    await tab.shows('.summary', '2 files arrived.');
    await tab.close();
  });

  await t.test('does not offer to discard an upload that another tab is sending', async () => {
    const { address } = await createLink('--prefix', 'tabs/');
    const first = await openTab(browser, address);
    // The first part is stored, the others wait.
    const release = await holdUploads(first, 1);
    await first.choose(large);
    await first.sent('large.bin', 8 * MB);
    const second = await openTab(browser, address);
    await second.choose(large);
    await second.shows('.error', 'Another tab is sending this file.');
    assert.equal(await second.textOf('.unfinished .name'), '');
    await second.close();
    await release();
    await first.shows('.summary', '1 file arrived.');
    await first.close();
  });

  await t.test('prints a receipt expanded, and selects it if copying is not allowed', async () => {
    const { address } = await createLink('--prefix', 'receipt/');
    const tab = await openTab(browser, address);
    await tab.choose(small);
    await tab.shows('.summary', '1 file arrived.');
    await tab.page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
    });
    await tab.press('Copy receipt');
    await tab.shows('.receipt .hint:not([hidden])', 'Your browser blocked copying.');
    const selected = await tab.page.evaluate(() => getSelection()?.toString());
    assert.match(selected ?? '', /small\.txt\t9 B/);
    await tab.inspect('uploads/receipt');
    await tab.page.$eval('.receipt details', (details) => {
      (details as HTMLDetailsElement).open = false;
    });
    await tab.page.pdf();
    await tab.page.emulateMediaType('print');
    assert.ok(await visible(tab, '.receipt pre'));
    for (const other of ['button', '.drop']) assert.ok(!(await visible(tab, other)), other);
    await tab.close();
  });

  await t.test('retries files that failed together with one button', async () => {
    const { address } = await createLink('--prefix', 'again/');
    const other = await file('other.txt');
    const tab = await openTab(browser, address);
    await tab.page.setRequestInterception(true);
    let broken = true;
    tab.page.on('request', (request) => {
      if (broken && request.method() === 'PUT') {
        void request.respond({ status: 200, contentType: 'text/html', body: '<html>Sign in</html>' });
      } else void request.continue();
    });
    await tab.choose(small, other);
    await tab.page.waitForFunction(() => document.querySelectorAll('[data-state=failed]').length === 2);
    await tab.inspect('uploads/failed');
    broken = false;
    await tab.press('Try all again');
    await tab.shows('.summary', '2 files arrived.');
    assert.equal(await tab.page.evaluate(() => document.activeElement?.tagName), 'LI', 'keeps the focus');
    await tab.close();
  });

  await t.test('reports a defect of the page or the browser beside the file, and can try again', async () => {
    const { address } = await createLink('--prefix', 'defect/');
    const tab = await openTab(browser, address);
    await tab.page.evaluate(() => {
      const { digest } = SubtleCrypto.prototype;
      SubtleCrypto.prototype.digest = () => {
        SubtleCrypto.prototype.digest = digest;
        throw new TypeError('broken');
      };
    });
    await tab.choose(large);
    await tab.shows('[data-state=failed] .error', 'Something went wrong. Try again, or reload the page.');
    assert.deepEqual(tab.problems.splice(0), ['Error: Uncaught TypeError: broken']);
    await tab.press('Try again');
    await tab.shows('.summary', '1 file arrived.');
    await tab.close();
  });

  await t.test('shows progress in forced colours and without contrast', async () => {
    const { address } = await createLink('--prefix', 'colors/');
    const tab = await openTab(browser, address);
    const bar = () => tab.page.$eval('.overall', (one) => getComputedStyle(one).accentColor);
    assert.equal(await bar(), 'rgb(16, 32, 48)');
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    assert.equal(await bar(), 'rgb(236, 238, 241)');
    const session = await tab.page.createCDPSession();
    await session.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'forced-colors', value: 'active' }],
    });
    const bars = async (share: number) => {
      await tab.page.$$eval(
        '.overall',
        ([one], value) => Object.assign(one ?? {}, { hidden: false, max: 1, value }),
        share,
      );
      return (await tab.page.$('.overall'))?.screenshot();
    };
    assert.notDeepEqual(await bars(0.2), await bars(0.8), 'progress is visible in forced colours');
    await session.detach();
    await tab.close();
  });

  await t.test('reports an incomplete link as invalid', async () => {
    for (const rest of ['#eul_', '#eul_eyJhbGciOi', '#eul_<img src=x onerror=alert(1)>.a.b']) {
      const tab = await openTab(browser, `${url}/${rest}`);
      await tab.shows(
        '.message',
        'This link is not valid. Check that you copied all of it, or ask for a new one.',
      );
      assert.equal((await tab.page.$$('img, form')).length, 0);
      await tab.close();
    }
  });
}

const visible = ({ page }: Tab, selector: string) =>
  page.$$eval(selector, (found) => found.some((one) => one.checkVisibility()));
