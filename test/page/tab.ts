import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import type { Browser, Page } from 'puppeteer-core';
import { assertReadable } from './reading.ts';

/** Folder of the page's pictures. `UPDATE_PICTURES=1` takes them again. */
const PICTURES = join(import.meta.dirname, '../../docs/pictures');

/** Longer than any step takes on a busy computer. */
const TIMEOUT_MS = 60_000;

/** A tab of the page, as a person sees it. */
export interface Tab {
  readonly page: Page;
  /** Script errors, and violations of the page's policy. Refusals by the edge are not included. */
  readonly problems: string[];
  /** Resolves once an element contains the text. */
  shows(selector: string, text: string): Promise<void>;
  /** Returns the texts of all matching elements, one per line. */
  textOf(selector: string): Promise<string>;
  choose(...files: string[]): Promise<void>;
  /** Presses Enter, which opens the browser's file dialog, and chooses files there. */
  chooseByEnter(...files: string[]): Promise<void>;
  /** Resolves once this many bytes of a file in the list are sent. */
  sent(name: string, bytes: number): Promise<void>;
  /** Fills in a field. */
  type(selector: string, text: string): Promise<void>;
  /** Clicks the button with this label. */
  press(label: string): Promise<void>;
  /** Asserts that the screen is accessible in light and dark mode and at every size, and takes its pictures: `<folder>/<screen>`. */
  inspect(name: string): Promise<void>;
  /** Closes the tab, and asserts that it had no problems. */
  close(): Promise<void>;
}

export interface TabOptions {
  readonly languages?: readonly string[];
  /** Selector of an element that the screen has once it is shown. */
  readonly ready?: string;
}

/** The source of axe, minified: Chromium compiles it for each screen. */
const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** Rules about colours. A colour scheme changes nothing else. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** @param rules Rules to check. Default: all. */
async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (await page.evaluate(() => !('axe' in globalThis))) await page.evaluate(AXE);
  // By default, axe does not run the rules that WCAG 2.2 added.
  const all = { rules: { 'target-size': { enabled: true } } };
  const options = rules === undefined ? all : { runOnly: { type: 'rule', values: rules } };
  return (await page.evaluate(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
  )) as string[];
}

async function picture(page: Page, name: string): Promise<void> {
  if (env.UPDATE_PICTURES !== '1') return;
  const path = join(PICTURES, `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  await page.screenshot({ path, fullPage: true });
}

const SIZE = { width: 900, height: 800 };

/** Opens a tab. */
export async function openTab(
  browser: Pick<Browser, 'newPage'>,
  address: string,
  { languages, ready = '.screen :not(.hint)' }: TabOptions = {},
): Promise<Tab> {
  const page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      problems.push(message.text());
  });
  await page.evaluateOnNewDocument((wanted) => {
    if (wanted !== null) Object.defineProperty(navigator, 'languages', { value: wanted });
    addEventListener('securitypolicyviolation', (event) => {
      // biome-ignore lint/suspicious/noConsole: how a page tells its test
      console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`);
    });
  }, languages ?? null);
  await page.setViewport(SIZE);
  await page.goto(address);
  await page.waitForSelector(ready);
  return {
    page,
    problems,
    async shows(selector, text) {
      const shown = (where: string, what: string) =>
        [...document.querySelectorAll(where)].some(({ textContent }) => textContent?.includes(what));
      await page.waitForFunction(shown, {}, selector, text).catch(async (error: Error) => {
        const whole = await page.$eval('body', ({ innerText }) => innerText);
        throw new Error(`“${text}” does not appear. The page shows:\n${whole}\n${problems.join('\n')}`, {
          cause: error,
        });
      });
    },
    textOf: (selector) =>
      page.$$eval(selector, (found) => found.map((one) => one.textContent ?? '').join('\n')),
    async choose(...files) {
      const input = await page.waitForSelector('input#files');
      assert.ok(input);
      await input.uploadFile(...files);
    },
    async chooseByEnter(...files) {
      const choosing = page.waitForFileChooser();
      // The request to intercept the dialog and the key reach the tab on different channels. The response to another request orders them.
      await page.evaluate(() => undefined);
      await page.keyboard.press('Enter');
      await (await choosing).accept(files);
    },
    async sent(name, bytes) {
      await page.waitForFunction(
        (label, least) => {
          const bar = document.querySelector(`progress[aria-label="${label}"]`);
          return bar !== null && (bar as HTMLProgressElement).value >= least;
        },
        {},
        `Progress of ${name}`,
        bytes,
      );
    },
    async type(selector, text) {
      await page.waitForSelector(selector);
      await page.$eval(selector, (input) => {
        (input as HTMLInputElement).value = '';
      });
      await page.type(selector, text);
    },
    async press(label) {
      await page.click(`:is(button, summary) ::-p-text(${label})`);
    },
    async inspect(name) {
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        const rules = scheme === 'dark' ? COLOUR_RULES : undefined;
        assert.deepEqual(await violations(page, rules), [], `${name}, ${scheme}`);
        await picture(page, `${name}-${scheme}`);
      }
      await page.emulateMediaFeatures([]);
      await page.setViewport({ width: 320, height: 640 });
      await picture(page, `${name}-320`);
      await page.setViewport(SIZE);
      await assertReadable(page, name);
    },
    async close() {
      assert.deepEqual(problems, []);
      await page.close();
    },
  };
}
