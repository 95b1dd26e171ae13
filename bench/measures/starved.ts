import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { bundled } from '../bundled.ts';
import type { Command } from '../cost.ts';
import { makeEdgeRequests } from '../edge-requests.ts';
import type { Measure } from '../measure.ts';
import type { EdgeWork } from '../peers/edge-process.ts';
import { inRounds, type Way } from '../rounds.ts';

/** Requests per round. */
const REQUESTS = 500;

/** A function with 128 MB gets about an eighth of a core. */
const SHARES = { 'a whole core': 1, 'an eighth of a core': 1 / 8 };

/** Milliseconds that a throttled process runs before each stop. */
const RUN_MS = 5;

/**
 * Limits a process to a share of a core until it ends, by stopping and continuing it with signals. Each stop depends on
 * how long the process really ran, so that late timers do not change the share.
 */
async function starve(child: ChildProcess, share: number): Promise<void> {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  while (isRunning()) {
    const began = performance.now();
    child.kill('SIGCONT');
    await delay(RUN_MS);
    child.kill('SIGSTOP');
    const ran = performance.now() - began;
    await delay(ran * (1 / share - 1));
  }
}

/** Runs the function in a process with a share of a core. Returns the seconds of the whole run and of each decision. */
async function runFunction({ program, args, env }: Command, share: number) {
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  if (share < 1) void starve(child, share);
  const [each, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the function's process exited with ${code}`);
  return { whole: (performance.now() - began) / 1000, each: Number(each) };
}

/** The edge function with an eighth of a core, as Lambda gives a function with 128 MB. */
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
