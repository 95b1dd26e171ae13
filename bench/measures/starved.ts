import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { bundled } from '../bundled.ts';
import type { Command } from '../cost.ts';
import { makeEdgeRequests } from '../edge-requests.ts';
import type { Measure } from '../measure.ts';
import type { EdgeWork } from '../peers/edge-process.ts';
import { inRounds, type Way } from '../rounds.ts';
import { starve } from '../starve.ts';

/** Requests of one round. */
const REQUESTS = 500;

/** A function of 128 MB has about an eighth of a core. */
const SHARES = { 'a whole core': 1, 'an eighth of a core': 1 / 8 };

/** Runs the function in a process with a share of a core. Returns seconds: of the whole run, and of each decision. */
async function runFunction({ program, args, env }: Command, share: number) {
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  if (share < 1) void starve(child, share);
  const [each, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the function's process ended with ${code}`);
  return { whole: (performance.now() - began) / 1000, each: Number(each) };
}

/** The edge function with an eighth of a core, as Lambda gives a function of 128 MB. */
export const starved: Measure = async ({ stage, rounds = 7, onReading }) => {
  const { code, withTokens } = makeEdgeRequests(REQUESTS);
  const [first = ''] = withTokens;
  const ways: Record<string, Way> = {};
  for (const [name, share] of Object.entries(SHARES)) {
    const way = (events: readonly string[], part: 'whole' | 'each'): Way => ({
      async run() {
        const work: EdgeWork = { code, events };
        return { wall: (await runFunction(await bundled(stage, 'edge-process', work), share))[part] };
      },
    });
    ways[`cold start with the first decision, ${name}`] = way([first], 'whole');
    ways[`a new token, ${name}`] = way(withTokens, 'each');
    ways[`a token seen before, ${name}`] = way(Array<string>(20 * REQUESTS).fill(first), 'each');
  }
  return { series: await inRounds(rounds, ways, onReading), goals: [] };
};
