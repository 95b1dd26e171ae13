import type { TestContext } from 'node:test';
import chromium from '@sparticuz/chromium';
import { type Browser, launch } from 'puppeteer-core';

/** The package's arguments that turn off what the page depends on: the same-origin policy and CORS. */
const UNSAFE = /^--(?:disable-web-security|allow-running-insecure-content|disable-site-isolation-trials)$/;

/** The package's arguments for an emulated GPU, which takes most of the processor time of a screen. */
const EMULATED_GPU =
  /^--(?:use-(?:gl|angle)=.*|in-process-gpu|enable-unsafe-swiftshader|ignore-gpu-blocklist)$/;

/** Starts a headless Chromium that accepts the embedded cloud's certificates. It ends with the test. */
export async function openBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  const browser = await launch({
    executablePath: await chromium.executablePath(),
    // As root and in containers, Chromium runs only without its sandbox.
    args: [
      ...chromium.args.filter((one) => !UNSAFE.test(one) && !EMULATED_GPU.test(one)),
      ...['--disable-gpu', '--no-sandbox', '--disable-dev-shm-usage'],
    ],
    headless: 'shell',
    acceptInsecureCerts: true,
  });
  t.after(() => browser.close());
  return browser;
}
