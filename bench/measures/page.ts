import chromium from '@sparticuz/chromium';
import { type Browser, launch } from 'puppeteer-core';
import { type EngineTab, openEngine } from '../../test/page/engine/open-engine.ts';
import { peakResident } from '../../test/support/peak-memory.ts';
import { costOf } from '../cost.ts';
import { againstPeers, valuesOf } from '../figures.ts';
import { GIB, type Measure, MIB } from '../measure.ts';
import { curlPut } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeFile, type Stage } from '../stage.ts';

/** Runs `work` in a tab of a new browser, with the same processes as on a person's computer. */
async function inBrowser<T>(
  stage: Stage,
  work: (tab: EngineTab, browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await launch({
    executablePath: await chromium.executablePath(),
    args: [
      // Without the flags that turn off the same-origin policy and CORS.
      ...chromium.args.filter(
        (one) => !/^--(?:single-process|disable-web-security|disable-site-isolation-trials)$/.test(one),
      ),
      ...['--no-sandbox', '--disable-dev-shm-usage'],
    ],
    headless: 'shell',
    acceptInsecureCerts: true,
    protocolTimeout: 600_000,
  });
  try {
    return await work(await openEngine(browser, stage.edge), browser);
  } finally {
    await browser.close();
  }
}

/** Uploads the chosen file. Returns the seconds that it took. */
async function upload(stage: Stage, tab: EngineTab, key: string): Promise<number> {
  const token = await stage.token();
  const began = performance.now();
  const { error } = await tab.upload({ key, token });
  if (error !== undefined) throw new Error(`the page's upload failed with ${error.code}`);
  return (performance.now() - began) / 1000;
}

/** Returns the peak memory of the tabs' processes, in bytes. */
async function peakOfTabs(browser: Browser): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(async ({ id }) => (await peakResident(id)) ?? 0);
  return Math.max(...(await Promise.all(peaks)));
}

/** 1 GiB from the upload page in Chromium through the edge, over TLS on loopback, and the tab's memory. */
export const page: Measure = async ({ stage, rounds = 5, onReading }) => {
  const path = await makeFile(stage, 'one.bin', GIB);
  const series = await inBrowser(stage, async (tab, browser) => {
    await tab.choose(path);
    return inRounds(
      rounds,
      {
        'the page in Chromium': {
          async run() {
            await stage.empty();
            const wall = await upload(stage, tab, 'one.bin');
            return { wall, memory: await peakOfTabs(browser) };
          },
        },
        'curl -T': {
          peer: true,
          async run() {
            await stage.empty();
            return costOf(await curlPut(stage, path, `${stage.edge}/one.bin`), stage.computer.home);
          },
        },
      },
      onReading,
    );
  });
  const [ours] = series;
  if (ours === undefined) throw new Error('nothing was measured');
  // A peak never falls, so the last one covers all uploads.
  const peaks = valuesOf(ours, 'memory');
  const [first = 0, last = first] = [peaks[0], peaks.at(-1)];
  return {
    series,
    goals: [
      // At least 0.7 times curl's rate.
      ...againstPeers(series, 'wall', { 'curl -T': 1 / 0.7 }),
      { what: 'memory of the tab, first upload', value: first, unit: 'bytes', atMost: 256 * MIB },
      { what: 'memory for all uploads ÷ for the first', value: last / first, unit: 'ratio', atMost: 1.2 },
    ],
  };
};
