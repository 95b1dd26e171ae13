import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';

/** Runs what its source says in the page; without it, the page's policy of Trusted Types would refuse the text. */
async function bundle(entry: string, define: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    define,
  });
  return outputFiles[0]?.text ?? '';
}

export interface EnginePage {
  readonly page: Page;
  /** Puts the engine and a file input into the page, again after a reload. */
  load(): Promise<void>;
  /** Lets a person choose a file; returns it as the page has it. */
  choose(path: string): Promise<ElementHandle<HTMLInputElement>>;
}

export interface EngineOptions {
  readonly prepare?: (page: Page) => Promise<void>;
  /** Called with each state of an upload, and when as much is sent as the test asked for. */
  readonly onTold?: (what: string) => void;
}

/** Opens a tab of the edge's origin with the page's engine in it, without the page itself. */
export async function openEngine(
  browser: Pick<Browser, 'newPage'>,
  edge: string,
  { prepare, onTold }: EngineOptions = {},
): Promise<EnginePage> {
  const page = await browser.newPage();
  await prepare?.(page);
  await page.exposeFunction('told', (what: string) => onTold?.(what));
  const worker = await bundle('../../../page/transfer/worker.ts');
  const engine = await bundle('engine.ts', { WORKER_URL: 'globalThis.workerUrl' });
  const load = async () => {
    await page.evaluate((text) => {
      const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
      Object.assign(globalThis, { workerUrl: url });
    }, worker);
    await page.evaluate(engine);
    await page.evaluate(() => {
      document.body.replaceChildren(Object.assign(document.createElement('input'), { type: 'file' }));
    });
  };
  await page.goto(`${edge}/`);
  await load();
  return {
    page,
    load,
    async choose(path) {
      const input = await page.$('input');
      if (input === null) throw new Error('the engine is not loaded');
      await input.uploadFile(path);
      return input;
    },
  };
}
