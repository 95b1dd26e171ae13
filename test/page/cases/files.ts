import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTab } from '../tab.ts';
import { dragLink, drop, holdUploads } from './gestures.ts';
import { respondInstead } from './hostile-support.ts';
import type { DeployedPage } from './world.ts';

const MB = 1_000_000;

const OVERFLOW = 'document.documentElement.scrollWidth - innerWidth';

/** People choose files of all kinds: hundreds, with any name, unreadable, or several for one key. */
export async function fileCases(world: DeployedPage): Promise<void> {
  const { t, browser, createLink, file, keysBelow } = world;
  const { home } = world.computer;
  const small = await file('small.txt');
  const large = await world.fileOf('large.bin', 40 * MB);

  await t.test('updates one row when one of a hundred files changes', async () => {
    const { address } = await createLink('--prefix', 'many/');
    const folder = join(home, 'many');
    await mkdir(folder);
    const names = Array.from({ length: 100 }, (_, at) => `file ${at}.txt`);
    await Promise.all(names.map((name) => writeFile(join(folder, name), name)));
    const tab = await openTab(browser, address);
    await tab.choose(...names.map((name) => join(folder, name)));
    await tab.shows('.summary', '100 files arrived. You can close this page.');
    assert.equal((await tab.textOf('.receipt pre')).split('\n').length, 101);
    const drawn = await tab.page.$$eval('.files .name', (rows) =>
      rows.map((row) => row.checkVisibility({ contentVisibilityAuto: true })),
    );
    assert.deepEqual([drawn.at(0), drawn.at(-1)], [true, false], 'rows out of view are not drawn');
    await tab.page.evaluate(() => {
      const touched = new Set<Node>();
      Object.assign(globalThis, { touched });
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const row = (target instanceof Element ? target : target.parentElement)?.closest('li');
          if (row) touched.add(row);
        }
      }).observe(document.body, {
        ...{ subtree: true, childList: true, characterData: true, attributes: true },
      });
    });
    await tab.choose(large);
    await tab.shows('.summary', '101 files arrived. You can close this page.');
    assert.equal(await tab.page.evaluate('touched.size'), 1);
    assert.equal((await keysBelow('many/')).length, 101);
    await tab.close();
  });

  await t.test('adds the rows of many files over several frames', async () => {
    const { address } = await createLink('--prefix', 'frames/');
    const folder = join(home, 'frames');
    await mkdir(folder);
    const names = Array.from({ length: 700 }, (_, at) => `${at}.txt`);
    await Promise.all(names.map((name) => writeFile(join(folder, name), name)));
    const tab = await openTab(browser, address);
    await holdUploads(tab, 0);
    await tab.page.evaluate(() => {
      const added: number[] = [];
      Object.assign(globalThis, { added });
      new MutationObserver((changes) => {
        added.push(changes.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0));
      }).observe(document.querySelector('.files') as Element, { childList: true });
    });
    await tab.choose(...names.map((name) => join(folder, name)));
    await tab.page.waitForFunction((all) => document.querySelectorAll('.files li').length === all, {}, 700);
    assert.deepEqual(await tab.page.evaluate('added'), Array(7).fill(100));
    await tab.close();
  });

  await t.test('shows long and right-to-left names whole on a narrow screen', async () => {
    const { address } = await createLink('--prefix', 'names/');
    const long = await file(`${'x'.repeat(251)}.txt`);
    const hebrew = await file('דוח שנתי 2026 (final).pdf');
    const tab = await openTab(browser, address);
    await tab.choose(long, hebrew);
    await tab.shows('.summary', '2 files arrived.');
    await tab.inspect('link/names');
    await tab.page.setViewport({ width: 320, height: 640 });
    await tab.press('Receipt');
    assert.ok(Number(await tab.page.evaluate(OVERFLOW)) <= 0);
    const directions = await tab.page.$$eval('.receipt bdi', (names) =>
      names.map((name) => getComputedStyle(name).direction),
    );
    assert.deepEqual(directions.sort(), ['ltr', 'rtl']);
    await tab.close();
  });

  await t.test('stores files in the folder that is chosen', async () => {
    const { address } = await createLink('--prefix', 'in/');
    const tab = await openTab(browser, 'about:blank', { ready: '*' });
    // Somebody in two groups has two folders. The name of one of them would reverse the text after it.
    const long = 'department-of-long-names/'.repeat(4);
    const caller = { username: 'ada', writeTo: [`in/${long}`, 'in/\u202eplans/'] };
    const described = { service: 'edge-upload', policy: {}, issuers: [], caller };
    await respondInstead(tab, (request) =>
      new URL(request.url()).pathname === '/.well-known/edge-upload'
        ? { status: 200, contentType: 'application/json', body: JSON.stringify(described) }
        : undefined,
    );
    await tab.page.goto(address);
    await tab.shows('.destination', 'Folder');
    await tab.inspect('uploads/folders');
    await tab.choose(small);
    await tab.shows('.summary', '1 file arrived.');
    await tab.page.select('#destination', 'in/\ufffdplans/');
    await tab.choose(small);
    await tab.shows('.summary', '2 files arrived.');
    assert.deepEqual(await keysBelow('in/'), [`in/${long}small.txt`, 'in/\u202eplans/small.txt']);
    await tab.close();
  });

  await t.test('stores one of several files by a link for one file, and explains the refusals', async () => {
    const { address } = await createLink('--as', 'single/report.txt');
    const tab = await openTab(browser, address);
    await drop(tab, small, large);
    await tab.shows('[data-state=stored]', 'small.txt');
    await tab.shows('[data-state=failed] .error', 'This link accepts only one file.');
    assert.equal(await tab.textOf('.summary'), '1 file arrived. 1 file was not sent.');
    assert.deepEqual(await keysBelow('single/'), ['single/report.txt']);
    await tab.close();
  });

  await t.test('sends one file when several are sent by a link for one file', async () => {
    const { address } = await createLink('--as', 'once/report.bin');
    const first = await openTab(browser, address);
    const release = await holdUploads(first);
    const second = await openTab(browser, address);
    await first.choose(large);
    await first.shows('[data-state=sending]', 'large.bin');
    await first.page.waitForFunction(async () => (await navigator.locks.query()).held?.length === 1);
    await second.choose(small);
    await second.shows('[data-state=failed] .error', 'Another tab is sending this file.');
    // Another person uploads from another computer.
    await world.computer.run(['put', small, '--link', address]);
    await release();
    await first.shows('[data-state=failed] .error', 'This link was already used.');
    await second.press('Try again');
    await second.shows('[data-state=failed] .error', 'This link was already used.');
    assert.deepEqual(await keysBelow('once/'), ['once/report.bin']);
    assert.deepEqual(await world.openUploads(), []);
    await first.close();
    await second.close();
  });

  await t.test('reports unreadable items and folders without files', async () => {
    const { address } = await createLink('--prefix', 'odd/');
    const folder = join(home, 'odd');
    await mkdir(join(folder, 'empty'), { recursive: true });
    const tab = await openTab(browser, address);
    await drop(tab, join(folder, 'empty'));
    await tab.shows('.drop .hint', 'This folder has no files.');
    assert.equal(await tab.textOf('.files'), '');
    // Like a refusal of the system, which refuses nothing if the tests run as root.
    await tab.page.evaluate(() => {
      const refuse = (_ready: unknown, failed: (error: DOMException) => void) =>
        failed(new DOMException('denied', 'NotReadableError'));
      const entry = (name: string, more: object) => ({ name, fullPath: `/odd/${name}`, ...more });
      const good = entry('good.txt', {
        isFile: true,
        file: (ready: (file: File) => void) => ready(new File(['good'], 'good.txt')),
      });
      const entries = [
        good,
        entry('locked.txt', { isFile: true, file: refuse }),
        entry('locked', { createReader: () => ({ readEntries: refuse }) }),
      ];
      const readEntries = (ready: (some: object[]) => void) => ready(entries.splice(0));
      DataTransferItem.prototype.webkitGetAsEntry = () =>
        ({
          name: 'odd',
          fullPath: '/odd',
          createReader: () => ({ readEntries }),
        }) as unknown as FileSystemEntry;
    });
    await drop(tab, folder);
    await tab.shows('.summary', '1 file arrived. 2 files were not sent.');
    assert.deepEqual((await tab.textOf('[data-state=failed] .name')).split('\n').sort(), [
      ...['odd/locked', 'odd/locked.txt'],
    ]);
    await tab.shows('[data-state=failed] .error', 'This file or folder cannot be read.');
    assert.equal(await tab.textOf('.drop .hint'), 'or drop them here');
    const isShown = () => tab.page.$eval('.drop .hint', (hint) => (hint as HTMLElement).offsetHeight > 0);
    assert.ok(await isShown());
    assert.deepEqual(await keysBelow('odd/'), ['odd/odd/good.txt']);
    // Loads the page again.
    await tab.page.setViewport({ width: 390, height: 844, isMobile: true, hasTouch: true });
    await tab.page.waitForSelector('.drop .hint');
    assert.ok(!(await isShown()), 'A phone cannot drag files.');
    await tab.close();
  });

  await t.test('reports files that vanish or change before they are sent, and sends the others', async () => {
    const { address } = await createLink('--prefix', 'vanish/');
    const names = ['one.txt', 'two.txt', 'three.txt', 'gone.txt', 'changed.txt', 'kept.txt'];
    const paths = await Promise.all(names.map((name) => file(name)));
    const tab = await openTab(browser, address);
    const release = await holdUploads(tab);
    await tab.choose(...paths);
    await tab.page.waitForFunction(() => document.querySelectorAll('[data-state=waiting]').length === 3);
    await rm(join(home, 'gone.txt'));
    await file('changed.txt', 'other');
    await release();
    await tab.shows('.summary', '4 files arrived. 2 files were not sent.');
    assert.equal(
      (await tab.textOf('[data-state=failed] .name')).split('\n').sort().join(),
      'changed.txt,gone.txt',
    );
    const text = 'This file or folder cannot be read. If it was changed, moved or deleted, choose it again.';
    assert.equal(await tab.textOf('[data-state=failed] .error'), `${text}\n${text}`);
    await tab.choose(join(home, 'changed.txt'));
    await tab.shows('.summary', '5 files arrived. 1 file was not sent.');
    assert.equal(await tab.textOf('[data-state=failed] .name'), 'gone.txt');
    await file('gone.txt');
    await tab.choose(join(home, 'gone.txt'));
    await tab.shows('.summary', '6 files arrived. You can close this page.');
    assert.equal((await tab.textOf('.files .name')).split('\n').length, 6);
    await tab.close();
  });

  await t.test(
    'deletes the parts of a file that became unreadable when it is removed from the list',
    async () => {
      const { address } = await createLink('--prefix', 'removed/');
      const path = await world.fileOf('removed.bin', 24 * MB);
      const tab = await openTab(browser, address);
      const release = await holdUploads(tab, 1);
      await tab.choose(path);
      await tab.sent('removed.bin', 7 * MB);
      await writeFile(path, 'other');
      await release();
      await tab.shows('[data-state=failed] .error', 'This file or folder cannot be read.');
      assert.equal((await world.openUploads()).length, 1);
      const deleted = tab.page.waitForResponse((response) => response.request().method() === 'DELETE');
      await tab.press('Remove');
      await deleted;
      assert.deepEqual(await world.openUploads(), []);
      await tab.close();
    },
  );

  await t.test('keeps the page when files are dropped on the sign-in form, or a link anywhere', async () => {
    const { address } = await createLink('--prefix', 'kept/');
    const tabs = [await openTab(browser, `${world.url}/`), await openTab(browser, address)] as const;
    const [form, upload] = tabs;
    const pages = (await browser.pages()).length;
    const addresses = tabs.map(({ page }) => page.url());
    await form.type('#username', 'ada');
    await drop(form, small);
    await dragLink(upload);
    const isOver = () => upload.page.$eval('.drop', (zone) => zone.classList.contains('over'));
    assert.equal(await isOver(), false);
    for (const tab of tabs) await dragLink(tab, 'drop');
    assert.equal(await form.page.$eval('#username', (input) => (input as HTMLInputElement).value), 'ada');
    await drop(upload, small);
    await upload.shows('.summary', '1 file arrived.');
    assert.deepEqual(
      tabs.map(({ page }) => page.url()),
      addresses,
    );
    assert.equal((await browser.pages()).length, pages);
    for (const tab of tabs) await tab.close();
  });
}
