import { verify } from 'node:crypto';
import { startFunction } from '../edge-function.ts';
import { makeEdgeRequests } from '../edge-requests.ts';
import { median, ratios } from '../figures.ts';
import type { Measure } from '../measure.ts';
import { inRounds } from '../rounds.ts';

/** Requests of one round. */
const REQUESTS = 1_000;
const WARM_ROUNDS = 5;

/** Returns the processor time of this process, for one of the requests that `work` handles. */
async function each(work: () => Promise<void> | void): Promise<{ processor: number }> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return { processor: (user + system) / 1e6 / REQUESTS };
}

/** What the edge function needs to decide on a request, against the check of an RS256 signature alone. */
export const edge: Measure = async ({ rounds = 15, onReading }) => {
  const { code, publicKey, tokens, withTokens, withoutToken } = makeEdgeRequests(REQUESTS);
  const handle = startFunction(code);
  /** The function gets parsed events, as on Lambda, and remembers fewer tokens than come by. */
  const parsed = (text: string) => JSON.parse(text) as unknown;
  const events = {
    news: withTokens.map(parsed),
    seen: Array.from({ length: REQUESTS }, () => parsed(withTokens[0] ?? '')),
    none: Array.from({ length: REQUESTS }, () => parsed(withoutToken)),
  };
  const decide = async (all: readonly unknown[], isRefused: boolean) => {
    let refused = 0;
    const reading = await each(async () => {
      for (const event of all) if ((await handle(event)).status !== undefined) refused += 1;
    });
    if (refused !== (isRefused ? REQUESTS : 0)) throw new Error(`${refused} requests were refused`);
    return reading;
  };
  // V8 compiles what it sees often: measured is a function that has been in use for a while.
  for (let round = 0; round < WARM_ROUNDS; round += 1) {
    await decide(events.news, false);
    await decide(events.seen, false);
    await decide(events.none, true);
  }
  const series = await inRounds(
    rounds,
    {
      'a new token': { run: () => decide(events.news, false) },
      'a token seen before': { run: () => decide(events.seen, false) },
      'no token': { run: () => decide(events.none, true) },
      'the signature check alone': {
        peer: true,
        run: () =>
          each(() => {
            for (const { text, signature } of tokens) {
              if (!verify('sha256', Buffer.from(text), publicKey, signature)) throw new Error('not signed');
            }
          }),
      },
    },
    onReading,
  );
  const bare = series.find(({ peer }) => peer);
  if (bare === undefined) throw new Error('nothing was measured');
  const goals = Object.entries({ 'a new token': 1.8, 'a token seen before': 0.4, 'no token': 0.5 }).flatMap(
    ([way, atMost]) =>
      series
        .filter((one) => one.way === way)
        .map((one) => ({
          what: `${way} ÷ the signature check`,
          value: median(ratios(one, bare, 'processor')),
          unit: 'ratio' as const,
          atMost,
        })),
  );
  return { series, goals };
};
