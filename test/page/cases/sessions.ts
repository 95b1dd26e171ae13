import assert from 'node:assert/strict';
import { PASSWORD, setFaults } from '../../e2e/harness.ts';
import { openTab, type Tab } from '../tab.ts';
import { comeBack, drop, leave } from './gestures.ts';
import { NEW_PASSWORD, type People } from './people.ts';

const MIB = 1024 ** 2;

/** Damages every token that the page sends, until the page defines `told`. */
export async function spoilTokens({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    const set = XMLHttpRequest.prototype.setRequestHeader;
    XMLHttpRequest.prototype.setRequestHeader = function setRequestHeader(name, value) {
      const spoiled = name === 'authorization' && globalThis.told === undefined;
      set.call(this, name, spoiled ? `${value}x` : value);
    };
  });
}

/** Sets the clock of the tab's device back by a year, and loads the page again. */
async function setClockBack({ page }: Tab): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const { Date: RealDate } = globalThis;
    const now = () => RealDate.now() - 365 * 86_400_000;
    globalThis.Date = new Proxy(RealDate, {
      construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });
  });
  await page.reload();
}

/** Sign-ins that the pool or the person ends, or that end because the page is left. */
export async function sessionCases(people: People): Promise<void> {
  const { t, browser, computer, cloud, url, stack, pool, report, signIn, upload, stampOf } = people;
  const { UserPoolId } = pool;
  const { cognito } = people.clients;

  await t.test('renews an expired sign-in, or asks for it without losing the files', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada');
    await tab.shows('.who', 'Signed in as ada');
    // The edge refuses all tokens, and the pool does not renew them.
    await spoilTokens(tab);
    await cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'ada' });
    await tab.choose(report);
    await tab.shows('.error', 'Your sign-in has ended. Sign in again.');
    await tab.inspect('sign-in/ended');
    await tab.page.evaluate(() => {
      globalThis.told = () => {};
    });
    await tab.press('Sign in');
    await signIn(tab, 'ada');
    await tab.shows('.summary', '1 file arrived.');
    await tab.close();
  });

  await t.test(
    'waits for the sign-in service if it is unreachable when the token must be refreshed',
    async () => {
      const tab = await openTab(browser, `${url}/`);
      await signIn(tab, 'ada');
      await tab.shows('.who', 'Signed in as ada');
      await spoilTokens(tab);
      await tab.page.evaluate(() => {
        const send = fetch;
        globalThis.fetch = async (to, init) => {
          if (globalThis.told === undefined) throw new TypeError('Failed to fetch');
          return send(to, init);
        };
      });
      await tab.choose(report);
      await tab.shows('.state', 'The connection was interrupted. Trying again.');
      await tab.page.evaluate(() => {
        globalThis.told = () => {};
      });
      await tab.shows('.summary', '1 file arrived.');
      await tab.close();
    },
  );

  await t.test('uses the edge’s clock for the sign-in and the receipt if the device’s is wrong', async () => {
    const tab = await openTab(browser, `${url}/`);
    await setClockBack(tab);
    await signIn(tab, 'ada');
    await tab.shows('.who', 'Signed in as ada');
    await upload(tab);
    const [time = ''] = /\d{4}-\S+Z/.exec(await tab.textOf('.receipt pre')) ?? [];
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000, time);
    await tab.close();
  });

  await t.test('leaves no data of the user in the tab or its history after sign-out', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada');
    await tab.shows('.who', 'Signed in as ada');
    await upload(tab);
    // The provider does not respond for a while.
    await tab.page.evaluate(() => {
      const send = fetch;
      const answered = new Promise<void>((answer) => Object.assign(globalThis, { answer }));
      globalThis.fetch = async (to, init) => {
        await answered;
        return send(to, init);
      };
    });
    await tab.press('Sign out');
    await tab.shows('.hint', 'Signing out');
    assert.doesNotMatch(await tab.textOf('main'), /ada|report/);
    await tab.page.evaluate('answer()');
    await tab.page.waitForSelector('#password');
    await tab.page.goBack();
    await tab.page.goForward();
    await tab.page.waitForSelector('#password');
    assert.doesNotMatch(await tab.textOf('main'), /ada|report/);
    await tab.close();
  });

  await t.test('shows nothing of the user when restored from the cache, and asks to sign in', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada');
    await tab.shows('.who', 'Signed in as ada');
    assert.equal(await leave(tab), '');
    await comeBack(tab);
    await tab.page.waitForSelector('#password');
    assert.doesNotMatch(await tab.textOf('main'), /ada/);
    // Text that was typed but not sent is also removed.
    await tab.type('#password', PASSWORD);
    assert.equal(await leave(tab), '');
    await comeBack(tab);
    await tab.page.waitForSelector('#password');
    assert.equal(await tab.page.$eval('#password', (input) => (input as HTMLInputElement).value), '');
    await tab.close();
  });

  await t.test('asks before a sign-out stops an upload, and hides the file from the next user', async () => {
    await computer.json(['deploy', '--local', '--yes', '--write-to', 'all/', ...stack]);
    await setFaults(cloud, { edge: { bytesPerSecond: 8 * MIB } });
    const large = await people.fileOf('large.bin', 40 * MIB);
    const tab = await openTab(browser, `${url}/`);
    const asked: string[] = [];
    let answer = false;
    tab.page.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void (answer ? dialog.accept() : dialog.dismiss());
    });
    await signIn(tab, 'ada');
    await tab.choose(large);
    await tab.sent('large.bin', 17 * MIB);
    await tab.press('Sign out');
    await tab.shows('.who', 'Signed in as ada');
    answer = true;
    // The pool is unreachable, so the page is left at once.
    await tab.page.evaluate(() => {
      globalThis.fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    });
    await tab.press('Sign out');
    await tab.page.waitForSelector('#password');
    assert.deepEqual(asked, Array(2).fill('Files are still being sent. Sign out anyway?'));
    await setFaults(cloud, {});
    for (const [name, password, left] of [
      ['bob', NEW_PASSWORD, ''],
      ['ada', PASSWORD, 'large.bin'],
    ] as const) {
      await signIn(tab, name, password);
      await tab.shows('.who', `Signed in as ${name}`);
      await tab.page.evaluate(() => indexedDB.databases());
      if (left !== '') await tab.shows('.unfinished .name', left);
      else assert.equal(await tab.textOf('.unfinished .name'), '');
      await tab.press('Sign out');
      await tab.page.waitForSelector('#password');
    }
    await tab.close();
  });

  await t.test('lists files dropped after another user signed in for that user only', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada');
    await tab.shows('.who', 'Signed in as ada');
    await spoilTokens(tab);
    await cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'ada' });
    await tab.choose(report);
    await tab.shows('.error', 'Your sign-in has ended.');
    await tab.page.evaluate(() => {
      globalThis.told = () => {};
    });
    await tab.press('Sign in');
    await signIn(tab, 'bob', NEW_PASSWORD);
    await tab.shows('.who', 'Signed in as bob');
    assert.doesNotMatch(await tab.textOf('main'), /ada|report/);
    const sent: string[] = [];
    tab.page.on('request', (request) => {
      if (request.method() === 'PUT') sent.push(new URL(request.url()).pathname);
    });
    await drop(tab, report);
    await tab.shows('.summary', '1 file arrived.');
    assert.deepEqual(sent, ['/all/report.txt']);
    assert.equal(await stampOf('all/report.txt'), 'bob');
    await tab.close();
  });
}
