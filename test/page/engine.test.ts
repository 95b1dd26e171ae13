import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { awsClients } from '../e2e/aws-clients.ts';
import { type DeployedStack, setFaults, signIn, WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { holdUploads } from './cases/gestures.ts';
import { type EngineTab, openEngine } from './engine/open-engine.ts';
import type { Order, Outcome } from './engine/order.ts';
import { makeFile } from './make-file.ts';

const MIB = 1024 ** 2;

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/** Chooses a file in the tab and uploads it. */
async function send(tab: EngineTab, path: string, order: Order): Promise<Outcome> {
  await tab.choose(path);
  return tab.upload(order);
}

const codeOf = ({ error, stored }: Outcome) => error?.code ?? `stored ${stored?.key}`;

test('the page’s upload engine in a browser, against an edge', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { url, outputs } = await computer.json<DeployedStack>([
      ...['deploy', '--local', '--yes', '--max-size', '1G'],
    ]);
    await signIn(computer);
    const token = (await computer.run(['token'])).stdout.trim();
    const { s3 } = awsClients(t, cloud);
    const Bucket = outputs.S3BucketName;
    const stored = async (Key: string) => {
      const { Body } = await s3.getObject({ Bucket, Key });
      return digestOf(Body as AsyncIterable<Uint8Array>);
    };
    const browser = await openBrowser(t);
    let onTold: (what: string) => unknown = () => {};
    const tab = await openEngine(browser, url, { onTold: (what) => onTold(what) });
    const { page } = tab;
    const file = (name: string, size: number) => makeFile(join(computer.home, name), size);
    /** Resolves when the engine reports these words. Call it before the step that causes the report. */
    const told = (words: string) =>
      new Promise<void>((resolve) => {
        onTold = (what) => what === words && resolve();
      });
    const unfinished = () => page.evaluate(() => engine.unfinished());
    const openUploads = async () => (await s3.listMultipartUploads({ Bucket })).Uploads ?? [];

    await t.test('stores files of every size unchanged and verified', async () => {
      for (const [name, size] of [
        ['empty', 0],
        ['one', 1],
        ['part', 8 * MIB],
        ['parts', 8 * MIB + 1],
      ] as const) {
        const path = await file(name, size);
        const outcome = await send(tab, path, { key: `in/${name}`, token });
        assert.equal(codeOf(outcome), `stored in/${name}`);
        assert.equal(outcome.sent, size);
        assert.equal(await stored(`in/${name}`), await digestOf(createReadStream(path)));
        assert.equal(outcome.stored?.crc32, (await crcOf(path)).toString(16).padStart(8, '0'));
      }
      assert.deepEqual(await unfinished(), []);
    });

    const parts = await file('parts.bin', 24 * MIB);
    const one = join(computer.home, 'one');

    await t.test('resumes a stopped upload, and aborts a discarded one at the store', async () => {
      const key = 'in/stopped.bin';
      const stopped = await send(tab, parts, { key, token, stopAt: 17 * MIB });
      assert.equal(codeOf(stopped), 'stopped');
      const resumed = await send(tab, parts, { key, token });
      assert.equal(codeOf(resumed), `stored ${key}`);
      assert.equal(await stored(key), await digestOf(createReadStream(parts)));

      await send(tab, parts, { key, token, stopAt: 10 * MIB });
      assert.equal((await openUploads()).length, 1);
      await page.evaluate((one, mine) => engine.discard(one, mine), key, token);
      assert.deepEqual([await openUploads(), await unfinished()], [[], []]);
    });

    await t.test('starts again for another file of the same key, without parts of the first', async () => {
      const key = 'in/replaced.bin';
      await send(tab, parts, { key, token, stopAt: 10 * MIB });
      const other = await file('other.bin', 17 * MIB);
      const outcome = await send(tab, other, { key, token });
      assert.deepEqual([codeOf(outcome), outcome.resumed], [`stored ${key}`, 0]);
      assert.equal(await stored(key), await digestOf(createReadStream(other)));
      await send(tab, parts, { key, token, stopAt: 10 * MIB });
      const small = await file('small.bin', 1000);
      assert.equal(codeOf(await send(tab, small, { key, token })), `stored ${key}`);
      assert.deepEqual([await openUploads(), await unfinished()], [[], []]);
    });

    await t.test(
      'reports a file that changes or disappears, and sends it once it is chosen again',
      async () => {
        const key = 'in/changed.bin';
        const path = await file('changed.bin', 24 * MIB);
        await tab.choose(path);
        const again = () => tab.upload({ key, token });
        await writeFile(path, 'other');
        assert.equal(codeOf(await again()), 'file_unreadable');
        await makeFile(path, 24 * MIB);
        // The first part is sent; the others are sent after the change.
        const release = await holdUploads(tab, 1);
        const begun = told(`sent ${MIB}`);
        const sending = send(tab, path, { key, token, tellAt: [MIB] });
        await begun;
        await writeFile(path, 'other');
        await release();
        assert.equal(codeOf(await sending), 'file_unreadable');
        // Its parts stay, because the file can be on a disk that is connected again.
        assert.equal((await openUploads()).length, 1);
        await rm(path);
        assert.equal(codeOf(await again()), 'file_unreadable');
        await makeFile(path, 16 * MIB);
        assert.equal(codeOf(await send(tab, path, { key, token })), `stored ${key}`);
        assert.equal(await stored(key), await digestOf(createReadStream(path)));
        assert.deepEqual(await openUploads(), []);
      },
    );

    await t.test(
      'reports a file that changes while Firefox sends it, which reads changed files',
      async () => {
        const key = 'in/mixture.bin';
        const firefox = await openEngine(browser, url, {
          prepare: async (other) => {
            await other.setUserAgent({
              userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
            });
            await other.evaluateOnNewDocument(() => {
              Object.defineProperty(globalThis, 'Worker', { value: undefined });
              const { stream } = Blob.prototype;
              let reads = 0;
              Blob.prototype.stream = function () {
                reads += 1;
                // The three parts are read and sent before the second one changes.
                return stream.call(reads === 5 ? new Blob([new Uint8Array(this.size)]) : this);
              };
            });
          },
        });
        assert.equal(codeOf(await send(firefox, parts, { key, token })), 'file_changed');
        assert.deepEqual(await openUploads(), []);
        // The second attempt reads the file six times without a change.
        assert.equal(codeOf(await send(firefox, parts, { key, token })), `stored ${key}`);
        assert.equal(await stored(key), await digestOf(createReadStream(parts)));
        await firefox.page.close();
      },
    );

    await t.test('gives each refusal a code, and leaves no part of a refused file', async () => {
      const taken = { key: 'in/one', token, noClobber: true };
      assert.equal(codeOf(await send(tab, one, taken)), 'exists');
      assert.equal(codeOf(await send(tab, parts, taken)), 'exists');
      assert.equal(codeOf(await send(tab, one, { key: '../a', token })), 'bad_key');
      assert.equal(codeOf(await send(tab, one, { key: 'in/a', token: 'a.b.c' })), 'token_refused');
      assert.equal(codeOf(await send(tab, parts, { key: 'in/a', token: 'a.b.c' })), 'token_refused');
      const huge = join(computer.home, 'huge');
      await writeFile(huge, '');
      await truncate(huge, 2 * 1024 * MIB);
      assert.equal(codeOf(await send(tab, huge, { key: 'in/a', token, described: true })), 'too_large');
      assert.deepEqual([await openUploads(), await unfinished()], [[], []]);
    });

    await t.test('stores one file by a link, within its size, until the link is revoked', async () => {
      const link = await computer.json<{ id: string; token: string }>([
        ...['link', 'create', '--as', 'in/once.bin', '--max-size', '10M', '--yes'],
      ]);
      const order = { key: 'in/once.bin', token: link.token };
      const size = { ...order, described: true };
      assert.equal(codeOf(await send(tab, parts, size)), 'too_large');
      assert.equal(codeOf(await send(tab, parts, order)), 'too_large', 'the edge refuses it');
      assert.equal(codeOf(await send(tab, one, { ...order, key: 'in/other.bin' })), 'forbidden');
      assert.equal(codeOf(await send(tab, one, size)), 'stored in/once.bin');
      assert.equal(codeOf(await send(tab, one, size)), 'exists');
      const changed = order.token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
      assert.equal(codeOf(await send(tab, one, { ...order, token: changed })), 'token_refused');
      await computer.json(['link', 'revoke', link.id, '--yes']);
      assert.equal(codeOf(await send(tab, one, order)), 'token_revoked');
      assert.deepEqual([await openUploads(), await unfinished()], [[], []]);
    });

    await t.test('retries after a busy server and a broken connection', async () => {
      await setFaults(cloud, { edge: { unavailable: 0.3, reset: 0.2, seed: 1 } });
      const outcome = await send(tab, parts, { key: 'in/trouble.bin', token });
      await setFaults(cloud, {});
      assert.equal(codeOf(outcome), 'stored in/trouble.bin');
      assert.equal(await stored('in/trouble.bin'), await digestOf(createReadStream(parts)));
    });

    await t.test('waits for the network without a time limit', async () => {
      // Slow, so that the network fails before everything is sent.
      await setFaults(cloud, { edge: { bytesPerSecond: 2 * MIB } });
      let back = Promise.resolve();
      onTold = (what) => {
        if (what === `sent ${10 * MIB}`) void page.setOfflineMode(true);
        if (what === 'waiting for network') {
          back = setFaults(cloud, {}).then(() => page.setOfflineMode(false));
        }
      };
      const outcome = await send(tab, parts, { key: 'in/offline.bin', token, tellAt: [10 * MIB] });
      onTold = () => {};
      await back;
      assert.equal(codeOf(outcome), 'stored in/offline.bin');
      assert.ok(outcome.states.includes('waiting for network'));
    });

    await t.test('does not send to one key from two tabs at the same time', async () => {
      const key = 'in/tabs.bin';
      const second = await openEngine(browser, url);
      await setFaults(cloud, { edge: { bytesPerSecond: 2 * MIB } });
      const begun = told(`sent ${MIB}`);
      const first = send(tab, parts, { key, token, tellAt: [MIB] });
      await begun;
      assert.equal(codeOf(await send(second, parts, { key, token })), 'busy');
      // The second tab cannot discard an upload that the first one is sending.
      await second.page.evaluate((one, mine) => engine.discard(one, mine), key, token);
      await setFaults(cloud, {});
      assert.equal(codeOf(await first), `stored ${key}`);
      assert.equal(codeOf(await send(second, parts, { key, token })), `stored ${key}`);
      await second.page.close();
    });

    await t.test('does not resume an upload that another user started', async () => {
      const key = 'in/other.bin';
      const order = { key, token, owner: 'ada' };
      assert.equal(codeOf(await send(tab, parts, { ...order, stopAt: 17 * MIB })), 'stopped');
      const outcome = await send(tab, parts, { ...order, owner: 'bob' });
      assert.deepEqual([codeOf(outcome), outcome.resumed], [`stored ${key}`, 0]);
      assert.deepEqual(await openUploads(), []);
    });

    await t.test('uploads and resumes in a browser that blocks storage, locks and workers', async () => {
      const bare = await openEngine(browser, url, {
        prepare: async (other) => {
          await other.evaluateOnNewDocument(() => {
            const denied = () => new DOMException('Access is denied.', 'SecurityError');
            Object.defineProperty(globalThis, 'indexedDB', {
              get() {
                throw denied();
              },
            });
            navigator.locks.request = () => Promise.reject(denied());
            Object.defineProperty(globalThis, 'Worker', { value: undefined });
          });
        },
      });
      const key = 'in/bare.bin';
      assert.equal(codeOf(await send(bare, parts, { key, token, stopAt: 20 * MIB })), 'stopped');
      assert.equal(codeOf(await send(bare, parts, { key, token })), `stored ${key}`);
      assert.equal(await stored(key), await digestOf(createReadStream(parts)));
      await bare.page.close();
    });

    await t.test('uploads and resumes although the database stops responding', async () => {
      const stuck = await openEngine(browser, url, {
        prepare: async (other) => {
          await other.evaluateOnNewDocument(() => {
            const { transaction } = IDBDatabase.prototype;
            const never = { put: () => ({}), get: () => ({}), getAll: () => ({}), delete: () => ({}) };
            IDBDatabase.prototype.transaction = function (...given) {
              // Throws after the database was closed.
              transaction.apply(this, given);
              return { objectStore: () => never } as unknown as IDBTransaction;
            };
          });
        },
      });
      const key = 'in/stuck.bin';
      assert.equal(codeOf(await send(stuck, parts, { key, token, stopAt: 20 * MIB })), 'stopped');
      assert.equal(codeOf(await send(stuck, parts, { key, token })), `stored ${key}`);
      assert.equal(await stored(key), await digestOf(createReadStream(parts)));
      await stuck.page.close();
    });
  }, WITH_FAULTS);
});

async function crcOf(path: string): Promise<number> {
  let value = 0;
  for await (const chunk of createReadStream(path)) value = crc32(chunk as Buffer, value);
  return value;
}
