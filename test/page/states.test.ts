import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { fileCases } from './cases/files.ts';
import { HOSTILE, hostileCases } from './cases/hostile.ts';
import { responseCases } from './cases/responses.ts';
import { stateCases } from './cases/states.ts';
import { deployPage } from './cases/world.ts';

test('the page in unusual states', async (t) => {
  const browser = await openBrowser(t);
  await withCloud(async (computer, cloud) => {
    const world = await deployPage({ t, browser, computer, cloud }, ['--page-color', '#102030']);
    await stateCases(world);
    await fileCases(world);
  }, WITH_FAULTS);
});

test('the page under hostile input', async (t) => {
  const browser = await openBrowser(t);
  const { title, note } = HOSTILE;
  await withCloud(async (computer, cloud) => {
    const flags = ['--page-title', title, '--page-note', note];
    const world = await deployPage({ t, browser, computer, cloud }, flags);
    await hostileCases(world);
    await responseCases(world);
  });
});
