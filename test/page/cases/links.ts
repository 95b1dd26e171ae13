import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { type AwsClients, awsClients } from '../../e2e/aws-clients.ts';
import { type Computer, type DeployedStack, type LocalStatus, setFaults } from '../../e2e/harness.ts';
import { makeFile } from '../make-file.ts';
import { openTab } from '../tab.ts';
import { drop, type Link, linksOf } from './link-support.ts';

const MB = 1_000_000;

const TITLE = '<b>Müller & Söhne</b>';
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 24"><circle cx="12" cy="12" r="12" fill="#0a5c9e"/><text x="32" y="18" font-size="16" fill="#5a7">Müller</text></svg>';

async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/** Returns the address of a link that ended an hour ago, signed by the deployment's key. */
async function expiredLink(
  { address, token }: Link,
  { kms, cloudformation }: AwsClients,
  StackName: string,
): Promise<string> {
  const { StackResourceDetail } = await cloudformation.describeStackResource({
    ...{ StackName, LogicalResourceId: 'SigningKey1' },
  });
  const [head = '', body = ''] = token.slice('eul_'.length).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iat: number; exp: number };
  const past = { ...claims, iat: claims.iat - 7200, exp: claims.iat - 3600 };
  const signed = `${head}.${Buffer.from(JSON.stringify(past)).toString('base64url')}`;
  const { Signature = new Uint8Array() } = await kms.sign({
    KeyId: StackResourceDetail?.PhysicalResourceId,
    Message: Buffer.from(signed),
    ...{ MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' },
  });
  return address.replace(token, `eul_${signed}.${Buffer.from(Signature).toString('base64url')}`);
}

/** People without an account send files by links. */
export async function linkCases(
  t: TestContext,
  browser: Browser,
  computer: Computer,
  cloud: LocalStatus,
): Promise<void> {
  const stack = ['--stack-name', 'files'];
  const { home } = computer;
  await writeFile(join(home, 'logo.svg'), LOGO);
  const { url, outputs } = await computer.json<DeployedStack>([
    ...['deploy', '--local', '--yes', '--page', '--page-title', TITLE, '--page-color', '#7a1fa2'],
    ...['--page-note', 'Drawings & <i>photos</i>', '--page-logo', 'logo.svg', ...stack],
  ]);
  const clients = awsClients(t, cloud);
  const { s3 } = clients;
  const Bucket = outputs.S3BucketName;
  const createLink = linksOf(computer, stack);
  const keysBelow = async (Prefix: string) =>
    ((await s3.listObjectsV2({ Bucket, Prefix })).Contents ?? []).map(({ Key }) => Key);
  const storedDigest = async (Key: string) => {
    const { Body } = await s3.getObject({ Bucket, Key });
    return digestOf(Body as AsyncIterable<Uint8Array>);
  };
  const openUploads = async () => (await s3.listMultipartUploads({ Bucket })).Uploads ?? [];

  const hostile = '<img src=x onerror=alert(1)>.txt';
  const small = async (name: string) => {
    const path = join(home, name);
    await writeFile(path, name);
    return path;
  };
  const [first, second, turned] = await Promise.all([hostile, 'a file.txt', 'bill\u202efdp.exe'].map(small));
  const empty = join(home, 'empty.bin');
  await writeFile(empty, '');
  const large = await makeFile(join(home, 'large.bin'), 60 * MB);
  assert.ok(first && second && turned);

  const inbox = await createLink(
    ...['--prefix', 'inbox/', '--note', '<script>alert(1)</script>', '--max-size', '50M'],
  );

  await t.test('three files arrive under the prefix of a link, and a receipt says so', async () => {
    const tab = await openTab(browser, inbox.address);
    assert.equal(await tab.textOf('h1'), TITLE);
    assert.match(await tab.textOf('header'), /Drawings & <i>photos<\/i>/);
    assert.match(await tab.textOf('.screen'), /<script>alert\(1\)<\/script>/);
    assert.match(await tab.textOf('.allowed'), /Any number of files\. Up to 5\d(\.\d)? MB each\. Open until/);
    await tab.inspect('page-link');
    await tab.choose(first, second, empty);
    await tab.shows('.summary', '3 files arrived. You can close this page.');
    assert.equal(await tab.textOf('[role=status]'), '3 files arrived. You can close this page.');
    await tab.inspect('page-arrived');
    const receipt = await tab.textOf('.receipt pre');
    assert.match(receipt, /a file\.txt\t10 B \(10 bytes\)\tCRC-32 [\da-f]{8}\t2\d{3}-/);
    assert.deepEqual((await keysBelow('inbox/')).sort(), [
      `inbox/${hostile}`,
      'inbox/a file.txt',
      'inbox/empty.bin',
    ]);
    await tab.close();
  });

  await t.test('files and folders are dropped, and keep their folders', async () => {
    const link = await createLink('--prefix', 'dropped/');
    const folder = join(home, 'photos', '2026');
    await mkdir(folder, { recursive: true });
    for (const name of ['a.jpg', 'b.jpg']) await writeFile(join(folder, name), name);
    const tab = await openTab(browser, link.address);
    await drop(tab, join(home, 'photos'), second);
    await tab.shows('.summary', '3 files arrived. You can close this page.');
    assert.deepEqual((await keysBelow('dropped/')).sort(), [
      'dropped/a file.txt',
      'dropped/photos/2026/a.jpg',
      'dropped/photos/2026/b.jpg',
    ]);
    await tab.close();
  });

  await t.test(
    'files that are too large or sent before are refused with a reason; the others arrive',
    async () => {
      const tab = await openTab(browser, inbox.address);
      await tab.choose(large, second, turned);
      await tab.page.waitForFunction(() => document.querySelectorAll('[data-state=failed]').length === 2);
      await tab.page.waitForSelector('[data-state=stored]');
      assert.match(await tab.textOf('.name'), /bill\ufffdfdp\.exe/);
      const errors = await tab.textOf('.error');
      assert.match(errors, /The file is too large\. At most 5\d(\.\d)? MB are accepted\./);
      assert.match(errors, /A file of this name was sent before\. Rename it/);
      assert.match(await tab.textOf('[role=status]'), /./);
      assert.equal(await tab.textOf('.summary'), '1 file arrived. 2 files were not sent.');
      await tab.inspect('page-refused');
      await tab.close();
    },
  );

  await t.test('a link for one file takes one, once', async () => {
    const link = await createLink('--as', 'one/report.txt');
    const tab = await openTab(browser, link.address);
    assert.equal(await tab.page.$eval('#files', (input) => (input as HTMLInputElement).multiple), false);
    await tab.inspect('page-one-file');
    await tab.choose(second);
    await tab.shows('.summary', '1 file arrived.');
    assert.equal(await tab.page.$eval('.drop', (zone) => (zone as HTMLElement).hidden), true);
    await tab.page.reload();
    await tab.choose(first);
    await tab.shows('[data-state=failed] .error', 'This link was used.');
    await tab.inspect('page-used');
    await tab.close();
  });

  await t.test('a name that is listed twice is refused, and removing it keeps the other file', async () => {
    const link = await createLink('--prefix', 'twice/');
    const tab = await openTab(browser, link.address);
    await tab.choose(second);
    await tab.choose(second);
    await tab.page.waitForSelector('[data-state=stored]');
    await tab.shows('[data-state=failed] .error', 'same name is in the list');
    await tab.page.click('[data-state=failed] [aria-label^=Remove]');
    await tab.shows('.summary', '1 file arrived.');
    await tab.close();
  });

  await t.test('200 MB arrive although the link is cut twice and the page is reloaded once', async () => {
    const link = await createLink('--prefix', 'big/');
    const path = await makeFile(join(home, 'film.mov'), 200 * MB + 7);
    const slow = { bytesPerSecond: 8 * MB };
    await setFaults(cloud, { edge: slow });
    const tab = await openTab(browser, link.address);
    tab.page.on('dialog', (dialog) => void dialog.accept());
    await tab.choose(path);
    await tab.sent('film.mov', 40 * MB);
    await tab.inspect('page-sending');
    for (let cuts = 0; cuts < 2; cuts += 1) {
      await setFaults(cloud, { edge: { ...slow, reset: 1 } });
      await tab.shows('.state', 'The connection is interrupted. Trying again.');
      await setFaults(cloud, { edge: slow });
      await tab.shows('.state', 'Sending');
    }
    assert.equal(await tab.page.evaluate(() => onbeforeunload !== null), true, 'leaving is asked about');
    await tab.page.reload();
    await setFaults(cloud, {});
    await tab.shows('.unfinished .name', 'film.mov');
    const [, recorded = ''] = /^([\d.]+) MB of 200 MB$/.exec(await tab.textOf('.unfinished .numbers')) ?? [];
    assert.ok(Number(recorded) >= 16, `${recorded} MB are recorded`);
    await tab.inspect('page-unfinished');
    await tab.choose(path);
    await tab.shows('.summary', '1 file arrived. You can close this page.');
    assert.equal(await tab.page.$eval('.unfinished', (list) => (list as HTMLElement).hidden), true);
    assert.equal(await storedDigest('big/film.mov'), await digestOf(createReadStream(path)));
    assert.deepEqual(await openUploads(), []);
    assert.equal(await tab.page.evaluate(() => onbeforeunload), null);
    await tab.close();
  });

  await t.test('the keyboard alone sends, pauses, resumes and discards', async () => {
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
    await tab.inspect('page-paused');
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

  await t.test('an unfinished file is discarded with all its parts', async () => {
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

  await t.test('a changed, expired or revoked link has a message of its own', async () => {
    const spoiled = inbox.address.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    const tab = await openTab(browser, spoiled);
    await tab.shows('.message', 'This link is not valid.');
    await tab.inspect('page-invalid');
    for (const [address, text, name] of [
      [
        await expiredLink(inbox, clients, 'files'),
        'This link has expired. Ask for a new one.',
        'page-expired',
      ],
      [inbox.address, 'This link was withdrawn. Ask for a new one.', 'page-revoked'],
    ] as const) {
      if (name === 'page-revoked') {
        await computer.json(['link', 'revoke', inbox.id, '--yes', ...stack]);
      }
      await tab.page.goto('about:blank');
      await tab.page.goto(address);
      await tab.shows('.message', text);
      await tab.inspect(name);
    }
    await tab.close();
  });

  await t.test('a link that is withdrawn while a file is sent says so at the file', async () => {
    const link = await createLink('--prefix', 'withdrawn/');
    const tab = await openTab(browser, link.address);
    await computer.json(['link', 'revoke', link.id, '--yes', ...stack]);
    await tab.choose(second);
    await tab.shows('[data-state=failed] .error', 'This link was withdrawn.');
    await tab.close();
  });

  await t.test('browsers get the page in their language', async () => {
    const link = await createLink('--prefix', 'deutsch/');
    const tab = await openTab(browser, link.address, { languages: ['de-AT', 'en'] });
    await tab.shows('.choices', 'Dateien auswählen');
    assert.equal(await tab.page.$eval('html', (html) => html.lang), 'de');
    await tab.choose(second);
    await tab.shows('.summary', '1 Datei ist angekommen.');
    await tab.inspect('page-german');
    await tab.page.goto(`${url}/`);
    await tab.shows('form', 'Benutzername');
    await tab.close();
  });
}
