import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsClients } from '../../e2e/aws-clients.ts';
import { openTab } from '../tab.ts';
import { drop } from './gestures.ts';
import type { DeployedPage, Link } from './world.ts';

/** Returns the address of a link that expired an hour ago, signed by the deployment's key. */
async function expiredLink(
  { address, token }: Link,
  { kms, cloudformation }: AwsClients,
  StackName: string | undefined,
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

/** People without an account upload with links. */
export async function linkCases(world: DeployedPage, title: string): Promise<void> {
  const { t, browser, url, stack, clients, createLink, keysBelow } = world;
  const { home } = world.computer;
  const [first, second, turned, empty, large] = await Promise.all([
    world.file('drawing.pdf'),
    world.file('a file.txt'),
    world.file('bill\u202efdp.exe'),
    world.file('empty.bin', ''),
    world.fileOf('large.bin', 60_000_000),
  ]);

  const inbox = await createLink(
    ...['--prefix', 'inbox/', '--note', 'Photos of the new hall, please.', '--max-size', '50M'],
  );

  await t.test('stores three files under the prefix of a link, and shows a receipt', async () => {
    // Some mail programs encode characters that need no encoding.
    const tab = await openTab(
      browser,
      inbox.address.replace(inbox.token, inbox.token.replace('_', '%5F').replaceAll('.', '%2e')),
    );
    assert.equal(await tab.textOf('h1'), title);
    assert.match(await tab.textOf('.screen'), /Photos of the new hall, please\./);
    assert.match(
      await tab.textOf('.allowed'),
      /Any number of files\. Up to 5\d(\.\d)?\u00a0MB each\. Open until/,
    );
    await tab.inspect('link/open');
    await tab.choose(first, second, empty);
    await tab.shows('.summary', '3 files arrived. You can close this page.');
    assert.equal(await tab.textOf('[role=status]'), '3 files arrived. You can close this page.');
    await tab.inspect('link/arrived');
    const receipt = await tab.textOf('.receipt pre');
    assert.match(receipt, /a file\.txt\t10 B \(10\u00a0bytes\)\tCRC-32 [\da-f]{8}\t2\d{3}-/);
    assert.deepEqual((await keysBelow('inbox/')).sort(), [
      'inbox/a file.txt',
      'inbox/drawing.pdf',
      'inbox/empty.bin',
    ]);
    await tab.close();
  });

  await t.test('keeps the folders of dropped files and folders', async () => {
    const link = await createLink('--prefix', 'dropped/');
    const folder = join(home, 'photos', '2026');
    await mkdir(folder, { recursive: true });
    for (const name of ['a.jpg', 'b.jpg']) await writeFile(join(folder, name), name);
    const tab = await openTab(browser, link.address);
    await tab.page.$eval('.drop', (zone) => {
      const hints: (string | null | undefined)[] = [];
      Object.assign(globalThis, { hints });
      const note = () => hints.push(zone.querySelector('.hint')?.textContent);
      new MutationObserver(note).observe(zone, { subtree: true, childList: true });
    });
    await drop(tab, join(home, 'photos'), second);
    await tab.shows('.summary', '3 files arrived. You can close this page.');
    assert.deepEqual(await tab.page.evaluate('hints'), ['Loading …', 'or drop them here']);
    assert.deepEqual((await keysBelow('dropped/')).sort(), [
      'dropped/a file.txt',
      'dropped/photos/2026/a.jpg',
      'dropped/photos/2026/b.jpg',
    ]);
    await tab.close();
  });

  await t.test('refuses files that are too large or already sent, and stores the others', async () => {
    const tab = await openTab(browser, inbox.address);
    await tab.choose(large, second, turned);
    await tab.page.waitForFunction(() => document.querySelectorAll('[data-state=failed]').length === 2);
    await tab.page.waitForSelector('[data-state=stored]');
    assert.match(await tab.textOf('.name'), /bill\ufffdfdp\.exe/);
    const errors = await tab.textOf('.error');
    assert.match(errors, /The file is too large\. The limit is 5\d(\.\d)?\u00a0MB\./);
    assert.match(errors, /A file with this name was sent earlier\. You can send this one renamed/);
    assert.match(await tab.textOf('[role=status]'), /./);
    assert.equal(await tab.textOf('.summary'), '1 file arrived. 2 files were not sent.');
    await tab.inspect('link-errors/refused');
    // A phone gives every new photo the same name, and nobody can rename it there.
    await tab.page.click('[aria-label="Send renamed: a file.txt"]');
    await tab.shows('[data-state=stored] .name', 'a file (2).txt');
    assert.equal(await tab.textOf('.summary'), '2 files arrived. 1 file was not sent.');
    assert.ok((await keysBelow('inbox/')).includes('inbox/a file (2).txt'));
    await tab.close();
  });

  await t.test('stores one file by a link for one file, and refuses a second', async () => {
    const link = await createLink('--as', 'one/report.txt');
    const tab = await openTab(browser, link.address);
    assert.equal(await tab.page.$eval('#files', (input) => (input as HTMLInputElement).multiple), false);
    await tab.inspect('link/one-file');
    await tab.page.focus('#files');
    await tab.choose(second);
    await tab.shows('.summary', '1 file arrived.');
    assert.equal(await tab.page.$eval('.drop', (zone) => (zone as HTMLElement).hidden), true);
    assert.equal(await tab.page.evaluate(() => document.activeElement?.tagName), 'LI', 'keeps the focus');
    await tab.page.reload();
    await tab.choose(first);
    await tab.shows('[data-state=failed] .error', 'This link was already used.');
    await tab.inspect('link-errors/used');
    await tab.close();
  });

  await t.test('sends each of several files of the same name under a name of its own', async () => {
    const link = await createLink('--prefix', 'photos/');
    const tab = await openTab(browser, link.address);
    await tab.choose(second);
    await tab.choose(second);
    await tab.choose(second);
    for (const name of ['a file (2).txt', 'a file (3).txt']) {
      await tab.page.evaluate(() => {
        const rename = document.querySelector<HTMLButtonElement>(
          '[data-state=failed] [aria-label^="Send renamed"]:not([hidden])',
        );
        // Before the next frame removes the row.
        rename?.click();
        rename?.click();
      });
      await tab.shows('[data-state=stored] .name', name);
    }
    await tab.shows('.summary', '3 files arrived. You can close this page.');
    assert.deepEqual((await keysBelow('photos/')).sort(), [
      'photos/a file (2).txt',
      'photos/a file (3).txt',
      'photos/a file.txt',
    ]);
    await tab.close();
  });

  await t.test('refuses a second file of the same name; removing it keeps the first', async () => {
    const link = await createLink('--prefix', 'twice/');
    const tab = await openTab(browser, link.address);
    await tab.choose(second);
    await tab.choose(second);
    await tab.page.waitForSelector('[data-state=stored]');
    await tab.shows('[data-state=failed] .error', 'same name is already in the list');
    await tab.page.click('[data-state=failed] [aria-label^=Remove]');
    await tab.shows('.summary', '1 file arrived.');
    await tab.close();
  });

  await t.test('explains whether a link is invalid, expired or revoked', async () => {
    const spoiled = inbox.address.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    const tab = await openTab(browser, spoiled);
    await tab.shows('.message', 'This link is not valid.');
    await tab.inspect('link-errors/invalid');
    for (const [address, text, name] of [
      [
        await expiredLink(inbox, clients, stack.at(-1)),
        'This link has expired. Ask for a new one.',
        'link-errors/expired',
      ],
      [inbox.address, 'This link was revoked. Ask for a new one.', 'link-errors/revoked'],
    ] as const) {
      if (name === 'link-errors/revoked') {
        await world.revoke(inbox);
      }
      await tab.page.goto('about:blank');
      await tab.page.goto(address);
      await tab.shows('.message', text);
      await tab.inspect(name);
    }
    await tab.close();
  });

  await t.test('reports a link that is revoked during an upload beside the file', async () => {
    const link = await createLink('--prefix', 'withdrawn/');
    const tab = await openTab(browser, link.address);
    await world.revoke(link);
    await tab.choose(second);
    await tab.shows('[data-state=failed] .error', 'This link was revoked.');
    await tab.close();
  });

  await t.test('uses the language of the browser', async () => {
    const link = await createLink('--prefix', 'deutsch/');
    const tab = await openTab(browser, link.address, { languages: ['de-AT', 'en'] });
    await tab.shows('.choices', 'Dateien auswählen');
    assert.equal(await tab.page.$eval('html', (html) => html.lang), 'de');
    await tab.choose(second);
    await tab.shows('.summary', '1 Datei ist angekommen.');
    await tab.inspect('link/german');
    await tab.page.goto(`${url}/`);
    await tab.shows('form', 'Benutzername');
    await tab.close();
  });
}
