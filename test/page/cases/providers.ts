import assert from 'node:assert/strict';
import { openCompany } from '../../support/company.ts';
import { TOKEN_IN_TEXT } from '../../support/keys/forge.ts';
import { openTab } from '../tab.ts';
import { keptBy, type People } from './people.ts';
import { spoilTokens } from './sessions.ts';

/** People sign in at a company's provider. */
export async function providerCases(people: People): Promise<void> {
  const { t, browser, computer, url, stack, upload, stampOf } = people;
  const company = await openCompany({ page: url, claims: { email: 'grace@example.com' } });
  t.after(() => company.close());

  await t.test('signs users in at their company’s provider, and returns to the page', async () => {
    await computer.json([
      ...['trust', 'oidc', company.issuer, '--client-id', company.clientId, '--alias', 'corp'],
      ...['--write-to', '{issuer}/{sub}/', '--yes', ...stack],
    ]);
    const tab = await openTab(browser, `${url}/`);
    await tab.shows('.ways', 'Sign in with corp');
    await tab.inspect('sign-in-providers/several');
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
      await tab.shows('[role=alert]', 'The sign-in was not completed. Start again.');
    }
    await tab.close();
  });

  await t.test('warns before a redirect loses files that did not arrive', async () => {
    const tab = await openTab(browser, `${url}/`);
    assert.doesNotMatch(await tab.textOf('main'), /opens in place of this page/);
    await tab.press('Sign in with corp');
    await tab.shows('.who', 'Signed in as');
    await spoilTokens(tab);
    await tab.choose(people.report);
    await tab.shows('.error', 'Your sign-in has ended. Sign in again.');
    await tab.press('Sign in');
    await tab.shows('.ways + .hint', 'Afterwards, choose again the files that did not arrive.');
    await tab.inspect('sign-in-providers/again');
    await tab.press('Sign in with corp');
    await tab.shows('.who', 'Signed in as');
    await tab.close();
  });

  await t.test('offers only the provider if there is no user pool', async () => {
    await computer.json(['deploy', '--local', '--yes', '--no-user-pool', '--allow-data-loss', ...stack]);
    const tab = await openTab(browser, `${url}/`);
    await tab.shows('.ways', 'Sign in with corp');
    assert.equal(await tab.page.$('#password'), null);
    await tab.inspect('sign-in-providers/one');
    await tab.close();
  });

  await t.test('offers the ways that are left if the issuer of a sign-in is no longer trusted', async () => {
    await computer.json(['deploy', '--local', '--yes', '--user-pool', ...stack]);
    const tab = await openTab(browser, `${url}/`);
    await tab.press('Sign in with corp');
    await tab.shows('.who', 'Signed in as');
    await computer.json(['trust', 'remove', 'corp', '--yes', ...stack]);
    await tab.choose(people.report);
    await tab.shows('.error', 'Sign-ins of this kind are no longer accepted here. Sign in another way');
    await tab.press('Sign in');
    await tab.page.waitForSelector('#password');
    assert.equal(await tab.page.$('.ways'), null);
    await tab.close();
  });
}
