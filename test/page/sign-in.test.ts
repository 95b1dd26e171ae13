import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { signInCases } from './cases/sign-in.ts';

test('people sign in on the page', async (t) => {
  const browser = await openBrowser(t);
  await withCloud((computer, cloud) => signInCases(t, browser, computer, cloud), WITH_FAULTS);
});
