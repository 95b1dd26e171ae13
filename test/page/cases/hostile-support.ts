import assert from 'node:assert/strict';
import type { HTTPRequest } from 'puppeteer-core';
import type { Tab } from '../tab.ts';

/** Would set a global variable if it became an element. */
export const MARKUP = '<img src=x onerror="globalThis.polluted = 1">';

export const POLLUTION = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';

/** The page has no element and no member of objects that others put there. */
export async function assertClean({ page }: Tab): Promise<void> {
  assert.equal((await page.$$('img, iframe, object, embed, body script, [onerror], [style]')).length, 0);
  assert.equal(
    await page.evaluate(() => ({}) as { polluted?: unknown }).then(({ polluted }) => polluted),
    undefined,
  );
  assert.equal(await page.evaluate('globalThis.polluted ?? ({}).polluted'), undefined);
}

/** Answers requests in the place of the edge, the store or a proxy. */
export async function answerInstead(
  { page }: Tab,
  answer: (request: HTTPRequest) => object | undefined,
): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const given = answer(request);
    void (given === undefined ? request.continue() : request.respond(given));
  });
}
