import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setFaults } from '../../e2e/harness.ts';
import { openTab } from '../tab.ts';
import { comeBack, leave } from './gestures.ts';
import type { DeployedPage } from './world.ts';

const MB = 1_000_000;

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/** Uploads are interrupted, paused, reloaded, left and discarded. */
export async function interruptedCases(world: DeployedPage): Promise<void> {
  const { t, browser, cloud, clients, createLink, openUploads } = world;
  const large = await world.fileOf('large.bin', 60 * MB);
  const storedDigest = async (Key: string) => {
    const { Body } = await clients.s3.getObject({ Bucket: world.outputs.S3BucketName, Key });
    return digestOf(Body as AsyncIterable<Uint8Array>);
  };

  await t.test('sends 200 MB although the connection breaks twice and the page is reloaded', async () => {
    const link = await createLink('--prefix', 'big/');
    const path = await world.fileOf('film.mov', 200 * MB + 7);
    const slow = { bytesPerSecond: 8 * MB };
    await setFaults(cloud, { edge: slow });
    const tab = await openTab(browser, link.address);
    tab.page.on('dialog', (dialog) => void dialog.accept());
    await tab.choose(path);
    await tab.sent('film.mov', 40 * MB);
    await tab.inspect('uploads/sending');
    for (let cuts = 0; cuts < 2; cuts += 1) {
      await setFaults(cloud, { edge: { ...slow, reset: 1 } });
      await tab.shows('.state', 'The connection was interrupted. Trying again.');
      await setFaults(cloud, { edge: slow });
      await tab.shows('.state', 'Sending');
    }
    assert.equal(
      await tab.page.evaluate(() => onbeforeunload !== null),
      true,
      'the browser asks before leaving the page',
    );
    await tab.page.reload();
    await setFaults(cloud, {});
    await tab.shows('.unfinished .name', 'film.mov');
    const [, recorded = ''] =
      /^([\d.]+)\u00a0MB of 200\u00a0MB$/.exec(await tab.textOf('.unfinished .numbers')) ?? [];
    assert.ok(Number(recorded) >= 16, `${recorded} MB are recorded`);
    await tab.inspect('uploads/unfinished');
    await tab.choose(path);
    await tab.shows('.summary', '1 file arrived. You can close this page.');
    assert.equal(await tab.page.$eval('.unfinished', (list) => (list as HTMLElement).hidden), true);
    assert.equal(await storedDigest('big/film.mov'), await digestOf(createReadStream(path)));
    assert.deepEqual(await openUploads(), []);
    assert.equal(await tab.page.evaluate(() => onbeforeunload), null);
    await tab.close();
  });

  await t.test('sends, pauses, resumes and discards with the keyboard alone', async () => {
    const link = await createLink('--prefix', 'keyboard/');
    await setFaults(cloud, { edge: { bytesPerSecond: 2 * MB } });
    const tab = await openTab(browser, link.address);
    const { keyboard } = tab.page;
    const focused = () => tab.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await keyboard.press('Tab');
    assert.equal(await tab.page.evaluate(() => document.activeElement?.id), 'files');
    await tab.chooseByEnter(large);
    await tab.sent('large.bin', 1);
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'Pause: large.bin');
    await keyboard.press('Enter');
    await tab.shows('.state', 'Paused');
    assert.equal(await focused(), 'Resume: large.bin');
    await tab.inspect('uploads/paused');
    await keyboard.press('Enter');
    await tab.shows('.state', 'Sending');
    assert.equal(await focused(), 'Pause: large.bin');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'Remove: large.bin');
    const aborted = tab.page.waitForResponse((response) => response.request().method() === 'DELETE');
    await keyboard.press('Enter');
    await aborted;
    await tab.page.waitForFunction(() => document.querySelector('.files li') === null);
    assert.equal(await tab.page.evaluate(() => document.activeElement?.id), 'files');
    await setFaults(cloud, {});
    await tab.close();
  });

  await t.test('discards an unfinished file with all its parts', async () => {
    const link = await createLink('--prefix', 'discarded/');
    await setFaults(cloud, { edge: { bytesPerSecond: 8 * MB } });
    const tab = await openTab(browser, link.address);
    tab.page.on('dialog', (dialog) => void dialog.accept());
    await tab.choose(large);
    await tab.sent('large.bin', 20 * MB);
    await tab.page.reload();
    await setFaults(cloud, {});
    await tab.shows('.unfinished .name', 'large.bin');
    assert.equal((await openUploads()).length, 1);
    await tab.press('Discard');
    await tab.page.waitForFunction(
      () => (document.querySelector('.unfinished') as HTMLElement | null)?.hidden,
    );
    assert.deepEqual(await openUploads(), []);
    await tab.close();
  });

  await t.test(
    'lists the unfinished file when restored from the back/forward cache, and sends nothing itself',
    async () => {
      const link = await createLink('--prefix', 'left/');
      await setFaults(cloud, { edge: { bytesPerSecond: 8 * MB } });
      const tab = await openTab(browser, link.address);
      const asked: string[] = [];
      tab.page.on('dialog', (dialog) => {
        asked.push(dialog.message());
        void dialog.accept();
      });
      await tab.choose(large);
      await tab.sent('large.bin', 20 * MB);
      assert.equal(await leave(tab), '');
      // Another tab of this browser can send the file meanwhile.
      await tab.page.waitForFunction(async () => (await navigator.locks.query()).held?.length === 0);
      await comeBack(tab);
      await setFaults(cloud, {});
      await tab.shows('.unfinished .name', 'large.bin');
      assert.equal(await tab.textOf('.files li'), '');
      assert.deepEqual(asked, []);
      await tab.choose(large);
      await tab.shows('.summary', '1 file arrived.');

      assert.equal(await leave(tab), '');
      await world.revoke(link);
      await comeBack(tab);
      await tab.shows('.message', 'This link was revoked.');
      assert.doesNotMatch(await tab.textOf('main'), /large/);
      await tab.close();
    },
  );
}
