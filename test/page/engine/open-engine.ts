import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'puppeteer-core';
import type { Order, Outcome } from './order.ts';

/** A tab with the page's engine, without the page itself. */
export interface EngineTab {
  readonly page: Page;
  /** Loads the engine and a file input into the tab. Call it again after a reload. */
  load(): Promise<void>;
  /** Chooses a file. */
  choose(path: string): Promise<void>;
  /** Uploads the file that was chosen last. */
  upload(order: Order): Promise<Outcome>;
}

export interface EngineOptions {
  readonly prepare?: (page: Page) => Promise<void>;
  /** Called with each state of an upload, and when the bytes of `tellAt` are sent. */
  readonly onTold?: (what: string) => void;
}

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

/** Opens a tab of the edge's origin with the page's engine. */
export async function openEngine(
  browser: Pick<Browser, 'newPage'>,
  edge: string,
  { prepare, onTold }: EngineOptions = {},
): Promise<EngineTab> {
  const page = await browser.newPage();
  await prepare?.(page);
  await page.exposeFunction('told', (what: string) => onTold?.(what));
  const worker = JSON.stringify(await bundle('../../../page/transfer/worker.ts'));
  const engine = await bundle('engine.ts', { WORKER_URL: 'globalThis.workerUrl' });
  const load = async () => {
    await page.evaluate(
      `workerUrl = URL.createObjectURL(new Blob([${worker}], { type: 'text/javascript' }))`,
    );
    await page.evaluate(engine);
    await page.evaluate(
      "document.body.replaceChildren(Object.assign(document.createElement('input'), { type: 'file' }))",
    );
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
    },
    upload: async (order) => (await page.evaluate(`engine.upload(${JSON.stringify(order)})`)) as Outcome,
  };
}
