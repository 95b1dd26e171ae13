import assert from 'node:assert/strict';
import { codeAt, stepAt } from '../../../local/cognito/challenges/software-token.ts';
import { PASSWORD } from '../../e2e/harness.ts';
import { TOKEN_IN_TEXT } from '../../support/keys/forge.ts';
import { openTab } from '../tab.ts';
import { keptBy, NEW_PASSWORD, type People } from './people.ts';

/** People sign in at the user pool, and upload. */
export async function signInCases(people: People): Promise<void> {
  const { t, browser, url, pool, user, signIn, upload, stampOf } = people;
  const { UserPoolId, ClientId } = pool;
  const { cognito } = people.clients;

  await t.test('signs a user of the pool in with a password, and uploads under that name', async () => {
    await user('ada', PASSWORD, true);
    const tab = await openTab(browser, `${url}/`);
    await tab.inspect('sign-in/form');
    await signIn(tab, 'ada', 'Wrong-horse-42!');
    await tab.shows('[role=alert]', 'User name or password is wrong.');
    await tab.inspect('sign-in/refused');
    // The name stays, and the password field has the focus.
    assert.equal(await tab.page.$eval('#username', (input) => (input as HTMLInputElement).value), 'ada');
    assert.equal(await tab.page.evaluate(() => document.activeElement?.id), 'password');
    await tab.page.keyboard.type(PASSWORD);
    await tab.page.keyboard.press('Enter');
    await tab.shows('.who', 'Signed in as ada');
    // The focused field is gone. The keyboard continues at the start of the new screen.
    assert.equal(await tab.page.evaluate(() => document.activeElement?.className), 'screen');
    await tab.inspect('sign-in/signed-in');
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

  await t.test('shows the password rules while the user chooses a first password', async () => {
    await user('bob', 'Temporary-1!', false);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'bob', 'Temporary-1!');
    await tab.shows('#rules', 'At least 12 characters');
    await tab.inspect('account/new-password');
    const names = 'form:has(#new-password) [autocomplete=username]';
    assert.equal(await tab.page.$eval(names, (input) => (input as HTMLInputElement).value), 'bob');
    await tab.type('#new-password', 'weakling');
    const isBusy = await tab.page.$eval('form:has(#new-password) button', async (submit) => {
      submit.click();
      await new Promise((resolve) => setTimeout(resolve));
      return submit.hasAttribute('aria-disabled');
    });
    assert.ok(isBusy, 'the form shows that it works');
    await tab.shows('[role=alert]', 'This password was not accepted.');
    await tab.inspect('account/new-password-refused');
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

  await t.test('asks for the code of an authenticator app, and again if it is wrong', async () => {
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
    await signIn(tab, 'eve');
    await tab.page.waitForSelector('#code');
    await tab.inspect('account/code');
    const right = codeAt(secret, now() + 1);
    await tab.type('#code', right === '000000' ? '000001' : '000000');
    await tab.press('Continue');
    await tab.shows('[role=alert]', 'The code is wrong.');
    await tab.type('#code', `${right.slice(0, 3)} ${right.slice(3)}`);
    await tab.press('Continue');
    await tab.shows('.who', 'Signed in as eve');
    await tab.close();
  });

  await t.test('sets up an authenticator app if the pool requires one', async () => {
    const demand = (MfaConfiguration: 'ON' | 'OPTIONAL') =>
      cognito.setUserPoolMfaConfig({
        ...{ UserPoolId, MfaConfiguration },
        SoftwareTokenMfaConfiguration: { Enabled: true },
      });
    await demand('ON');
    await user('max', PASSWORD, true);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'max');
    await tab.page.waitForSelector('.key');
    await tab.inspect('account/app');
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

  await t.test('reports a sign-in that takes too long, and one of a disabled user', async () => {
    await user('kim', 'Temporary-1!', false);
    const tab = await openTab(browser, `${url}/`);
    await signIn(tab, 'kim', 'Temporary-1!');
    await tab.page.waitForSelector('#new-password');
    // The session was already used elsewhere.
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
    await tab.shows('[role=alert]', 'This account is disabled.');
    await tab.close();
  });
}
