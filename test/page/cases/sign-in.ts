import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { codeAt, stepAt } from '../../../local/cognito/challenges/software-token.ts';
import { awsClients } from '../../e2e/aws-clients.ts';
import {
  type Computer,
  type DeployedStack,
  type LocalStatus,
  PASSWORD,
  setFaults,
} from '../../e2e/harness.ts';
import { openCompany } from '../../support/company.ts';
import { TOKEN_IN_TEXT } from '../../support/forge.ts';
import { makeFile } from '../make-file.ts';
import { openTab, type Tab } from '../tab.ts';
import { drop } from './link-support.ts';

const MIB = 1024 ** 2;

const NEW_PASSWORD = 'Another-horse-43!';

/** What of a page outlasts it: a token in any of these would be found by other scripts of the origin, later. */
async function keptBy({ page }: Tab): Promise<string> {
  const kept = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const stored = databases.map(
      ({ name = '' }) =>
        new Promise((resolve) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => {
            const { result } = opening;
            const stores = [...result.objectStoreNames];
            const reading = stores.map(
              (store) =>
                new Promise((read) => {
                  const all = result.transaction(store).objectStore(store).getAll();
                  all.onsuccess = () => read(all.result);
                }),
            );
            void Promise.all(reading).then((values) => {
              result.close();
              resolve(values);
            });
          };
        }),
    );
    const caches = 'caches' in globalThis ? await globalThis.caches.keys() : [];
    return [localStorage, sessionStorage, document.cookie, await Promise.all(stored), caches, location.href];
  });
  return JSON.stringify(kept);
}

/** People sign in on the page of a deployment, and upload. */
export async function signInCases(
  t: TestContext,
  browser: Browser,
  computer: Computer,
  cloud: LocalStatus,
): Promise<void> {
  const stack = ['--stack-name', 'people'];
  const { url, outputs } = await computer.json<DeployedStack>([
    ...['deploy', '--local', '--yes', '--page', '--page-title', 'Send us your files', '--mfa', 'optional'],
    ...['--write-to', 'home/{username}/', ...stack],
  ]);
  const { cognito, s3 } = awsClients(t, cloud);
  const { CognitoUserPoolId: UserPoolId, CognitoAppClientId: ClientId, S3BucketName: Bucket } = outputs;
  const file = join(computer.home, 'report.txt');
  await writeFile(file, 'quarterly');
  const user = async (Username: string, Password: string, Permanent: boolean) => {
    await cognito.adminCreateUser({ UserPoolId, Username, MessageAction: 'SUPPRESS' });
    await cognito.adminSetUserPassword({ UserPoolId, Username, Password, Permanent });
  };
  const signIn = async (tab: Tab, username: string, password: string) => {
    await tab.type('#username', username);
    await tab.type('#password', password);
    await tab.press('Sign in');
  };
  const stampOf = async (Key: string) => (await s3.headObject({ Bucket, Key })).Metadata?.['uploaded-by'];
  const upload = async (tab: Tab) => {
    await tab.choose(file);
    await tab.shows('.summary', '1 file arrived.');
  };

  await t.test('a user of the pool signs in by password, and uploads under their name', async () => {
    await user('ada', PASSWORD, true);
    const tab = await openTab(browser, `${url}/`);
    await tab.inspect('page-sign-in');
    await signIn(tab, 'ada', 'Wrong-horse-42!');
    await tab.shows('[role=alert]', 'User name or password is wrong.');
    await tab.inspect('page-sign-in-refused');
    // The name stays, and the keyboard goes on at the password.
    assert.equal(await tab.page.$eval('#username', (input) => (input as HTMLInputElement).value), 'ada');
    assert.equal(await tab.page.evaluate(() => document.activeElement?.id), 'password');
    await tab.page.keyboard.type(PASSWORD);
    await tab.page.keyboard.press('Enter');
    await tab.shows('.who', 'Signed in as ada');
    await tab.inspect('page-signed-in');
    await upload(tab);
    assert.equal(await stampOf('home/ada/report.txt'), 'ada');
    const kept = await keptBy(tab);
    assert.doesNotMatch(kept, TOKEN_IN_TEXT);
    assert.doesNotMatch(kept, /Correct-horse|refresh/i);
    assert.deepEqual(await browser.cookies(), []);
    await tab.press('Sign out');
    await tab.page.waitForSelector('#password');
    await tab.close();
  });

  await t.test('a first password is chosen by the rules that are shown', async () => {
    await user('bob', 'Temporary-1!', false);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'bob', 'Temporary-1!');
    await tab.shows('#rules', 'At least 12 characters');
    await tab.inspect('page-new-password');
    await tab.type('#new-password', 'weakling');
    await tab.press('Continue');
    await tab.shows('[role=alert]', 'That password was not accepted.');
    await tab.inspect('page-new-password-refused');
    await tab.page.click('#shown');
    assert.equal(await tab.page.$eval('#new-password', (input) => (input as HTMLInputElement).type), 'text');
    await tab.type('#new-password', NEW_PASSWORD);
    await tab.press('Continue');
    await tab.shows('.who', 'Signed in as bob');
    await upload(tab);
    assert.equal(await stampOf('home/bob/report.txt'), 'bob');
    await tab.close();
  });

  const now = () => stepAt(new Date());

  await t.test('a code of an authenticator app is asked for, again when it is wrong', async () => {
    await user('eve', PASSWORD, true);
    const { AuthenticationResult } = await cognito.adminInitiateAuth({
      ...{ UserPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' },
      AuthParameters: { USERNAME: 'eve', PASSWORD },
    });
    const AccessToken = AuthenticationResult?.AccessToken;
    const { SecretCode: secret = '' } = await cognito.associateSoftwareToken({ AccessToken });
    await cognito.verifySoftwareToken({ AccessToken, UserCode: codeAt(secret, now() - 1) });
    await cognito.setUserMFAPreference({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true } });
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'eve', PASSWORD);
    await tab.page.waitForSelector('#code');
    await tab.inspect('page-code');
    const right = codeAt(secret, now() + 1);
    await tab.type('#code', right === '000000' ? '000001' : '000000');
    await tab.press('Continue');
    await tab.shows('[role=alert]', 'The code is wrong.');
    await tab.type('#code', `${right.slice(0, 3)} ${right.slice(3)}`);
    await tab.press('Continue');
    await tab.shows('.who', 'Signed in as eve');
    await tab.close();
  });

  await t.test('an authenticator app is set up where the pool demands one', async () => {
    const demand = (MfaConfiguration: 'ON' | 'OPTIONAL') =>
      cognito.setUserPoolMfaConfig({
        ...{ UserPoolId, MfaConfiguration },
        SoftwareTokenMfaConfiguration: { Enabled: true },
      });
    await demand('ON');
    await user('max', PASSWORD, true);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'max', PASSWORD);
    await tab.page.waitForSelector('.key');
    await tab.inspect('page-app');
    const secret = (await tab.textOf('.key')).replaceAll(' ', '');
    assert.match(
      await tab.page.$eval('.screen a', (link) => (link as HTMLAnchorElement).href),
      new RegExp(`^otpauth://totp/127\\.0\\.0\\.1%3A\\d+:max\\?secret=${secret}&issuer=`),
    );
    const right = codeAt(secret, now());
    await tab.type('#code', right === '000000' ? '000001' : '000000');
    await tab.press('Continue');
    await tab.shows('[role=alert]', 'The code is wrong.');
    await tab.type('#code', right);
    await tab.press('Continue');
    await tab.shows('.who', 'Signed in as max');
    await demand('OPTIONAL');
    await tab.close();
  });

  await t.test('a sign-in that takes too long, or of a disabled user, says so', async () => {
    await user('kim', 'Temporary-1!', false);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'kim', 'Temporary-1!');
    await tab.page.waitForSelector('#new-password');
    // The session is spent elsewhere.
    await tab.page.evaluate(() => {
      const send = fetch;
      globalThis.fetch = (url, init) => {
        const text = String(init?.body).replace(/"Session":"[^"]{8}/, '"Session":"AAAAAAAA');
        return send(url, { ...init, body: text });
      };
    });
    await tab.type('#new-password', NEW_PASSWORD);
    await tab.press('Continue');
    await tab.shows('[role=alert]', 'That took too long. Sign in again.');
    await cognito.adminDisableUser({ UserPoolId, Username: 'kim' });
    await signIn(tab, 'kim', 'Temporary-1!');
    await tab.shows('[role=alert]', 'This user name was disabled.');
    await tab.close();
  });

  await t.test(
    'a sign-in that ends is renewed by itself, or asked for without losing the files',
    async () => {
      const tab = await openTab(browser, `${url}/`);
      await signIn(tab, 'ada', PASSWORD);
      await tab.shows('.who', 'Signed in as ada');
      // The edge takes no token; the pool renews none.
      await tab.page.evaluate(() => {
        const set = XMLHttpRequest.prototype.setRequestHeader;
        XMLHttpRequest.prototype.setRequestHeader = function setRequestHeader(name, value) {
          set.call(
            this,
            name,
            name === 'authorization' && globalThis.told === undefined ? `${value}x` : value,
          );
        };
      });
      await cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'ada' });
      await tab.choose(file);
      await tab.shows('.error', 'Your sign-in has ended. Sign in again.');
      await tab.inspect('page-sign-in-ended');
      await tab.page.evaluate(() => {
        globalThis.told = () => {};
      });
      await tab.press('Sign in');
      await signIn(tab, 'ada', PASSWORD);
      await tab.shows('.summary', '1 file arrived.');
      await tab.close();
    },
  );

  await t.test('after a sign-out, nothing of the person is left in the tab or its history', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada', PASSWORD);
    await tab.shows('.who', 'Signed in as ada');
    await upload(tab);
    // The provider does not answer for a while.
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

  await t.test(
    'a sign-out asks before it stops a file, and the file is not offered to the next person',
    async () => {
      await computer.json(['deploy', '--local', '--yes', '--write-to', 'all/', ...stack]);
      await setFaults(cloud, { edge: { bytesPerSecond: 8 * MIB } });
      const large = await makeFile(join(computer.home, 'large.bin'), 40 * MIB);
      const tab = await openTab(browser, `${url}/`);
      const asked: string[] = [];
      let answer = false;
      tab.page.on('dialog', (dialog) => {
        asked.push(dialog.message());
        void (answer ? dialog.accept() : dialog.dismiss());
      });
      await signIn(tab, 'ada', PASSWORD);
      await tab.choose(large);
      await tab.sent('large.bin', 17 * MIB);
      await tab.press('Sign out');
      await tab.shows('.who', 'Signed in as ada');
      answer = true;
      await tab.press('Sign out');
      await tab.page.waitForSelector('#password');
      assert.deepEqual(asked, Array(2).fill('Files are still being sent. Sign out all the same?'));
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
    },
  );

  await t.test('files that are dropped after somebody else signed in are that person’s alone', async () => {
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'ada', PASSWORD);
    await tab.shows('.who', 'Signed in as ada');
    await tab.page.evaluate(() => {
      const set = XMLHttpRequest.prototype.setRequestHeader;
      XMLHttpRequest.prototype.setRequestHeader = function setRequestHeader(name, value) {
        const spoiled = name === 'authorization' && globalThis.told === undefined;
        set.call(this, name, spoiled ? `${value}x` : value);
      };
    });
    await cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'ada' });
    await tab.choose(file);
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
    await drop(tab, file);
    await tab.shows('.summary', '1 file arrived.');
    assert.deepEqual(sent, ['/all/report.txt']);
    assert.equal(await stampOf('all/report.txt'), 'bob');
    await tab.close();
  });

  const company = await openCompany({ page: url, claims: { email: 'grace@example.com' } });
  t.after(() => company.close());

  await t.test('people of a company sign in at its provider, and come back', async () => {
    await computer.json([
      ...['trust', 'oidc', company.issuer, '--client-id', company.clientId, '--alias', 'corp'],
      ...['--write-to', '{issuer}/{sub}/', '--yes', ...stack],
    ]);
    const tab = await openTab(browser, `${url}/`);
    await tab.shows('.ways', 'Sign in with corp');
    await tab.inspect('page-sign-in-several');
    await tab.press('Sign in with corp');
    await tab.shows('.who', 'Signed in as');
    assert.equal(new URL(tab.page.url()).search, '');
    await upload(tab);
    assert.equal(await stampOf('corp/ada/report.txt'), 'corp:ada');
    const kept = await keptBy(tab);
    assert.doesNotMatch(kept, TOKEN_IN_TEXT);
    assert.doesNotMatch(kept, /verifier|code=/);
    const [asked] = company.tokenRequests;
    assert.equal(asked?.get('resource'), url);
    assert.match(asked?.get('code_verifier') ?? '', /^[\w-]{43}$/);
    await tab.press('Sign out');
    await tab.page.waitForSelector('.ways');
    assert.ok(company.requests.includes('POST /token/revocation'));

    for (const answer of ['code=stolen&state=forged', 'error=access_denied&state=forged']) {
      await tab.page.goto(`${url}/?${answer}`);
      await tab.shows('[role=alert]', 'The sign-in did not finish. Start again.');
    }
    await tab.close();
  });

  await t.test('without a user pool, the provider is the only way', async () => {
    await computer.json(['deploy', '--local', '--yes', '--no-user-pool', '--allow-data-loss', ...stack]);
    const tab = await openTab(browser, `${url}/`);
    await tab.shows('.ways', 'Sign in with corp');
    assert.equal(await tab.page.$('#password'), null);
    await tab.inspect('page-sign-in-provider');
    await tab.close();
  });
}
