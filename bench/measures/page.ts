import chromium from '@sparticuz/chromium';
import { type Browser, launch } from 'puppeteer-core';
import { type EngineTab, openEngine } from '../../test/page/engine/open-engine.ts';
import { peakResident } from '../../test/support/peak-memory.ts';
import { GIB, type Measure, MIB } from '../measure.ts';
import { inRounds, pairedRatio } from '../pairs.ts';
import { curlPut, timed } from '../programs.ts';
import { makeFile, type Stage } from '../stage.ts';
import { bounds, inMiB, table } from '../table.ts';

/** Runs `work` in a tab of a browser of its own, with processes as on a person's computer. */
async function inBrowser<T>(
  stage: Stage,
  work: (tab: EngineTab, browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await launch({
    executablePath: await chromium.executablePath(),
    args: [
      ...chromium.args.filter((one) => one !== '--single-process'),
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

/** Uploads the file that was chosen; returns the seconds. */
async function upload(stage: Stage, tab: EngineTab, key: string): Promise<number> {
  const token = await stage.token();
  const began = performance.now();
  const { error } = await tab.upload({ key, token });
  if (error !== undefined) throw new Error(`the page's upload ended with ${error.code}: ${error.message}`);
  return (performance.now() - began) / 1000;
}

/** Returns the most memory that the tabs' processes ever had, in bytes. */
async function peakOfTabs(browser: Browser): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(async ({ id }) => (await peakResident(id)) ?? 0);
  return Math.max(...(await Promise.all(peaks)));
}

/** 1 GiB from the upload page in Chromium through the edge, over TLS on loopback, and the memory of its tab. */
export const page: Measure = async ({ stage, rounds = 5, onValue }) => {
  const path = await makeFile(stage, 'one.bin', GIB);
  const peaks: number[] = [];
  const [ours, curl] = await inBrowser(stage, async (tab, browser) => {
    await tab.choose(path);
    return inRounds(
      rounds,
      {
        async 'the page in Chromium'() {
          await stage.empty();
          const seconds = await upload(stage, tab, 'one.bin');
          peaks.push(await peakOfTabs(browser));
          return GIB / seconds;
        },
        async 'curl -T'() {
          await stage.empty();
          return (
            GIB / (await timed(await curlPut(stage, path, `${stage.edge}/one.bin`), stage.computer.home))
          );
        },
      },
      onValue,
    );
  });
  if (ours === undefined || curl === undefined) throw new Error('nothing was measured');
  const [first = 0, last = first] = [peaks[0], peaks.at(-1)];
  const rate = pairedRatio(ours, curl);
  const growth = last / first;
  const held = bounds([
    { name: "rate ÷ curl's", value: rate.toFixed(2), asked: '≥ 0.7', held: rate >= 0.7 },
    {
      name: 'most memory of the tab, first upload',
      value: inMiB(first),
      asked: '≤ 256 MiB',
      held: first <= 256 * MIB,
    },
    {
      name: 'that of all uploads ÷ of the first',
      value: growth.toFixed(2),
      asked: '≤ 1.2',
      held: growth <= 1.2,
    },
  ]);
  return `${table(ours, [curl], [], (value) => `${inMiB(value)}/s`)}\n\n${held}`;
};
