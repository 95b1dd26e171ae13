import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { peopleOf } from './cases/people.ts';
import { providerCases } from './cases/providers.ts';
import { sessionCases } from './cases/sessions.ts';
import { signInCases } from './cases/sign-in.ts';
import { deployPage } from './cases/world.ts';

test('sign-in on the page', async (t) => {
  const browser = await openBrowser(t);
  await withCloud(async (computer, cloud) => {
    const world = await deployPage(
      { t, browser, computer, cloud },
      ['--page-title', 'Send us your files', '--mfa', 'optional', '--write-to', 'home/{username}/'],
      ['--stack-name', 'people'],
    );
    const people = await peopleOf(world);
    await signInCases(people);
    await sessionCases(people);
    await providerCases(people);
  }, WITH_FAULTS);
});
