import assert from 'node:assert/strict';
import type { HTTPRequest } from 'puppeteer-core';
import type { Tab } from '../tab.ts';

/** Sets a global variable if the browser reads it as an element. */
export const MARKUP = '<img src=x onerror="globalThis.polluted = 1">';

export const POLLUTION = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';

/** Asserts that hostile text created no element, and no member of global objects. */
export async function assertClean({ page }: Tab): Promise<void> {
  assert.equal((await page.$$('img, iframe, object, embed, body script, [onerror], [style]')).length, 0);
  assert.equal(
    await page.evaluate(() => ({}) as { polluted?: unknown }).then(({ polluted }) => polluted),
    undefined,
  );
  assert.equal(await page.evaluate('globalThis.polluted ?? ({}).polluted'), undefined);
}

/** Responds to requests instead of the edge, the store or a proxy. */
export async function respondInstead(
  { page }: Tab,
  answer: (request: HTTPRequest) => object | undefined,
): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const given = answer(request);
    void (given === undefined ? request.continue() : request.respond(given));
  });
}

/** Chooses a file whose upload fails with an error, and removes it from the list. */
export async function assertFails(tab: Tab, file: string, error: string): Promise<void> {
  await tab.choose(file);
  await tab.shows('[data-state=failed] .error', error);
  await assertClean(tab);
  await tab.page.click('[data-state=failed] [aria-label^=Remove]');
  await tab.page.waitForFunction(() => document.querySelector('.files li') === null);
}
