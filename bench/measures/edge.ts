import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bundled } from '../bundled.ts';
import { makeEdgeRequests } from '../edge-requests.ts';
import { median, ratios, type Series } from '../figures.ts';
import type { Measure } from '../measure.ts';
import type { DecisionWork } from '../peers/edge-decisions.ts';

/** More tokens than the function caches. */
const TOKENS = 1_000;

/** Maximum processor time of each way, as a multiple of the signature check. */
const AT_MOST = { 'a new token': 1.8, 'a token seen before': 0.4, 'no token': 0.5 };

/**
 * What the edge function needs to decide on a request, against the check of an RS256 signature alone. Both run in a process
 * of their own: promises of this one are slower, because the embedded cloud's helpers use `AsyncLocalStorage`.
 */
export const edge: Measure = async ({ stage, rounds = 15, onReading }) => {
  const { code, publicKey, withTokens, withoutToken } = makeEdgeRequests(TOKENS);
  const work: DecisionWork = { code, publicKey, withTokens, withoutToken, rounds };
  const { program, args, env } = await bundled(stage, 'edge-decisions', work);
  const { stdout } = await promisify(execFile)(program, ['--expose-gc', ...args], { env });
  const series = JSON.parse(stdout) as readonly Series[];
  for (const { way, readings } of series) for (const reading of readings) onReading(way, reading);
  const bare = series.find(({ peer }) => peer);
  if (bare === undefined) throw new Error('nothing was measured');
  const goals = Object.entries(AT_MOST).flatMap(([way, atMost]) =>
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
