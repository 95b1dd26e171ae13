import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { hostileCases } from './cases/hostile.ts';
import { stateCases } from './cases/states.ts';

test('the page keeps its word in every state', async (t) => {
  const browser = await openBrowser(t);
  await withCloud((computer, cloud) => stateCases(t, browser, computer, cloud), WITH_FAULTS);
});

test('what others send to the page does nothing', async (t) => {
  const browser = await openBrowser(t);
  await withCloud((computer) => hostileCases(t, browser, computer));
});
