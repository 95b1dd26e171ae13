import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { type Computer, type DeployedStack, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';

/** Folder of the page's pictures; `UPDATE_PICTURES=1` takes them again. */
const PICTURES = join(import.meta.dirname, '../../docs/pictures');

interface Link {
  readonly id: string;
  readonly address: string;
  readonly token: string;
}

const TITLE = '<b>Müller & Söhne</b>';
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 24"><circle cx="12" cy="12" r="12" fill="#0a5c9e"/><text x="32" y="18" font-size="16" fill="#5a7">Müller</text></svg>';

/** Opens a tab, and collects its errors. */
async function openTab(browser: Browser, address: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // The edge refuses in many of these tests, which Chromium reports.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      problems.push(message.text());
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener('securitypolicyviolation', (event) => {
      // biome-ignore lint/suspicious/noConsole: how a page tells its test
      console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`);
    });
  });
  await page.setViewport({ width: 900, height: 800 });
  await page.goto(address);
  await page.waitForSelector('.screen :not(.hint)');
  return { page, problems };
}

async function choose(page: Page, ...files: string[]): Promise<void> {
  const input = await page.waitForSelector('#files');
  await (input as NonNullable<Awaited<ReturnType<Page['$']>>>).uploadFile(...files);
}

const textOf = (page: Page, selector: string) =>
  page.$$eval(selector, (found) => found.map((one) => one.textContent ?? '').join('\n'));

async function waitForText(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    (where, what) => document.querySelector(where)?.textContent?.includes(what),
    { timeout: 60_000 },
    selector,
    text,
  );
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return (await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  )) as string[];
}

/** Holds that the page is accessible in light and dark and on a narrow screen, and takes its pictures. */
async function inspect(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    assert.deepEqual(await violations(page), [], `${name}, ${scheme}`);
    await picture(page, `${name}-${scheme}`);
  }
  await page.emulateMediaFeatures([]);
  await page.setViewport({ width: 320, height: 640 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than a screen of 320`);
  await picture(page, `${name}-320`);
  await page.setViewport({ width: 900, height: 800 });
}

async function picture(page: Page, name: string): Promise<void> {
  if (env.UPDATE_PICTURES !== '1') return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

async function createLink(computer: Computer, ...flags: string[]): Promise<Link> {
  return computer.json<Link>(['link', 'create', ...flags, '--yes']);
}

async function keysIn(computer: Computer): Promise<string[]> {
  const { objects } = await computer.json<{ objects: { key: string }[] }>(['ls']);
  return objects.map(({ key }) => key);
}

test('people send files by a link in a browser', { timeout: 600_000 }, async (t) => {
  const browser = await openBrowser(t);
  await withCloud(async (computer) => {
    const { home } = computer;
    await writeFile(join(home, 'logo.svg'), LOGO);
    const deploy = ['deploy', '--local', '--yes', '--page', '--page-title', TITLE];
    const { url } = await computer.json<DeployedStack>([
      ...deploy,
      ...['--page-note', 'Drawings & <i>photos</i>', '--page-color', '#7a1fa2', '--page-logo', 'logo.svg'],
      ...['--max-size', '50M'],
    ]);
    const hostile = '<img src=x onerror=alert(1)>.txt';
    const files = [hostile, 'a file.txt', 'empty.bin', 'large.bin', 'bill\u202efdp.exe'].map((name) =>
      join(home, name),
    );
    const [first = '', second = '', empty = '', large = '', turned = ''] = files;
    await writeFile(first, 'hostile');
    await writeFile(second, 'plain');
    await writeFile(empty, '');
    await writeFile(turned, 'turned');
    await writeFile(large, Buffer.alloc(60_000_000));

    const inbox = await createLink(computer, '--prefix', 'inbox/', '--note', '<script>alert(1)</script>');
    await t.test('three files arrive under the prefix of a link, and a receipt says so', async () => {
      const { page, problems } = await openTab(browser, inbox.address);
      assert.equal(await textOf(page, 'h1'), TITLE);
      assert.match(await textOf(page, 'header'), /Drawings & <i>photos<\/i>/);
      assert.match(await textOf(page, '.screen'), /<script>alert\(1\)<\/script>/);
      assert.match(
        await textOf(page, '.allowed'),
        /Any number of files\. Up to 5\d(\.\d)? MB each\. Open until/,
      );
      await inspect(page, 'page-link');
      await choose(page, first, second, empty);
      await waitForText(page, '.summary', '3 files arrived. You can close this page.');
      await inspect(page, 'page-arrived');
      const receipt = await textOf(page, 'pre');
      assert.match(receipt, /a file\.txt\t5 B \(5 bytes\)\tCRC-32 [\da-f]{8}\t2\d{3}-/);
      assert.deepEqual((await keysIn(computer)).filter((key) => key.startsWith('inbox/')).sort(), [
        `inbox/${hostile}`,
        'inbox/a file.txt',
        'inbox/empty.bin',
      ]);
      assert.deepEqual(problems, []);
      await page.close();
    });

    await t.test(
      'files that are too large or sent before are refused with a reason; the others arrive',
      async () => {
        const { page, problems } = await openTab(browser, inbox.address);
        await choose(page, large, second, turned);
        await page.waitForFunction(() => document.querySelectorAll('[data-state=failed]').length === 2);
        await page.waitForSelector('[data-state=stored]');
        assert.match(await textOf(page, '.name'), /bill\ufffdfdp\.exe/);
        const errors = await textOf(page, '.error');
        assert.match(errors, /The file is too large\. At most 5\d(\.\d)? MB are accepted\./);
        assert.match(errors, /A file of this name was sent before\. Rename it/);
        assert.match(await textOf(page, '[role=status]'), /./);
        await inspect(page, 'page-refused');
        assert.deepEqual(problems, []);
        await page.close();
      },
    );

    const single = await createLink(computer, '--as', 'one/report.txt');
    await t.test('a link for one file takes one, once', async () => {
      const { page, problems } = await openTab(browser, single.address);
      assert.equal(await page.$eval('#files', (input) => (input as HTMLInputElement).multiple), false);
      await choose(page, second);
      await waitForText(page, '.summary', '1 file arrived.');
      assert.equal(await page.$eval('.drop', (zone) => (zone as HTMLElement).hidden), true);
      await page.reload();
      await choose(page, first);
      await page.waitForSelector('[data-state=failed]');
      assert.match(await textOf(page, '.error'), /This link was used\./);
      assert.deepEqual(problems, []);
      await page.close();
    });

    await t.test('a name that is listed twice is refused, and removing it keeps the other file', async () => {
      const link = await createLink(computer, '--prefix', 'twice/');
      const { page, problems } = await openTab(browser, link.address);
      await choose(page, second);
      await choose(page, second);
      await page.waitForSelector('[data-state=stored]');
      assert.match(await textOf(page, '[data-state=failed] .error'), /same name is in the list/);
      await page.click('[data-state=failed] [aria-label^=Remove]');
      await waitForText(page, '.summary', '1 file arrived.');
      assert.deepEqual(problems, []);
      await page.close();
    });

    await t.test('a changed, foreign or revoked link has a message of its own', async () => {
      const spoiled = inbox.address.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
      const { page, problems } = await openTab(browser, spoiled);
      await waitForText(page, '.message', 'This link is not valid.');
      await inspect(page, 'page-invalid');
      await page.goto('about:blank');
      await computer.json(['link', 'revoke', inbox.id, '--yes']);
      await page.goto(inbox.address);
      await waitForText(page, '.message', 'This link was withdrawn.');
      assert.deepEqual(problems, []);
      await page.close();
    });

    await t.test('the keyboard alone sends a file', async () => {
      const link = await createLink(computer, '--prefix', 'keyboard/');
      const { page } = await openTab(browser, link.address);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'files');
      const [chooser] = await Promise.all([page.waitForFileChooser(), page.keyboard.press('Enter')]);
      await chooser.accept([second]);
      await waitForText(page, '.summary', '1 file arrived.');
      await page.close();
    });

    await t.test('without a link, the page shows the form of the user pool', async () => {
      const { page, problems } = await openTab(browser, `${url}/`);
      await page.waitForSelector('#username');
      await inspect(page, 'page-sign-in');
      assert.deepEqual(problems, []);
      await page.close();
    });

    await t.test('German browsers get German', async () => {
      const { page } = await openTab(browser, `${url}/`);
      await page.evaluateOnNewDocument(() => {
        Object.defineProperty(navigator, 'languages', { value: ['de-AT', 'en'] });
      });
      await page.reload();
      await waitForText(page, 'form', 'Benutzername');
      assert.equal(await page.$eval('html', (html) => html.lang), 'de');
      await page.close();
    });
  });
});

test('script and style have at most 30 KB, and each file fits an answer of the edge', async () => {
  const files = JSON.parse(
    await readFile(join(import.meta.dirname, '../../dist/page.json'), 'utf8'),
  ) as Readonly<Record<string, { readonly gzip: string }>>;
  const sizes = Object.entries(files).map(([name, { gzip }]) => {
    assert.ok(gzip.length < 38_000, `${name} has ${gzip.length} characters of base64`);
    return name === '' ? 0 : Buffer.from(gzip, 'base64').length;
  });
  const sum = sizes.reduce((all, bytes) => all + bytes, 0);
  assert.ok(sum <= 30_000, `script and style have ${sum} bytes`);
});
