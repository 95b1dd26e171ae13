import type { TestContext } from 'node:test';
import chromium from '@sparticuz/chromium';
import { type Browser, launch } from 'puppeteer-core';

/** Arguments of the package that turn off what the page depends on: the same-origin policy and CORS. */
const UNSAFE = /^--(?:disable-web-security|allow-running-insecure-content|disable-site-isolation-trials)$/;

/** Arguments that paint with a GPU that is emulated, which takes most of the processor time of a screen. */
const EMULATED_GPU =
  /^--(?:use-(?:gl|angle)=.*|in-process-gpu|enable-unsafe-swiftshader|ignore-gpu-blocklist)$/;

/** Starts a headless Chromium that accepts the embedded cloud's certificates; it ends with the test. */
export async function openBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  const browser = await launch({
    executablePath: await chromium.executablePath(),
    // As root, and in containers, Chromium cannot have a sandbox.
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
