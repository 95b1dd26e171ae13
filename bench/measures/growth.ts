import { join } from 'node:path';
import { costOf } from '../cost.ts';
import { overLink } from '../far.ts';
import { median, type Series, valuesOf } from '../figures.ts';
import type { LinkOptions } from '../link.ts';
import { type Measure, MIB } from '../measure.ts';
import { edgeUpload } from '../programs.ts';
import { inRounds, type Way } from '../rounds.ts';
import { makeSmallFiles } from '../small-files.ts';
import { makeFile, makeSparse } from '../stage.ts';

const memoryOf = (one: Series | undefined) => (one ? median(valuesOf(one, 'memory')) : Number.NaN);

/** 1,000, 10,000 and 100,000 files of 1 KiB. */
export const files: Measure = async ({ stage, rounds = 1, onReading }) => {
  const { env, home } = stage.computer;
  const ways = [1_000, 10_000, 100_000].map((count): [string, Way] => {
    const folder = join(home, `files-${count}`);
    makeSmallFiles(folder, count, 1024);
    const put = () => edgeUpload(env, 'put', '-r', folder, '--prefix', stage.freshPrefix(), '--quiet');
    return [`${count.toLocaleString('en-GB')} files`, { run: () => costOf(put(), home) }];
  });
  const series = await inRounds(rounds, Object.fromEntries(ways), onReading);
  const value = memoryOf(series[2]) - memoryOf(series[1]);
  return {
    series,
    goals: [{ what: 'memory of 100,000 − of 10,000', value, unit: 'bytes', atMost: 5 * MIB }],
  };
};

/** One file, from 1 MiB to 10 GiB. */
export const sizes: Measure = async ({ stage, rounds = 1, onReading }) => {
  const { env, home } = stage.computer;
  const ways: Record<string, Way> = {};
  for (const mebibytes of [1, 10, 100, 1_024, 10_240]) {
    const path = await makeSparse(stage, `size-${mebibytes}.bin`, mebibytes * MIB);
    ways[mebibytes < 1_024 ? `${mebibytes} MiB` : `${mebibytes / 1_024} GiB`] = {
      async run() {
        await stage.empty();
        return costOf(edgeUpload(env, 'put', path, '--quiet'), home);
      },
    };
  }
  return { series: await inRounds(rounds, ways, onReading), goals: [] };
};

/** 1,000 files of 4 KiB with 1 to 64 connections at a round trip of 20 ms. */
export const connections: Measure = async ({ stage, rounds = 3, onReading }) => {
  const { home } = stage.computer;
  const folder = join(home, 'connections');
  makeSmallFiles(folder, 1_000, 4096);
  const series = await overLink(stage, { roundTripMs: 20, bytesPerSecond: 25e6 / 8 }, ({ env }) => {
    const ways = [1, 4, 16, 64].map((number): [string, Way] => {
      const args = ['put', '-r', folder, '--concurrency', String(number), '--quiet'];
      const put = async () => edgeUpload(await env(), ...args, '--prefix', stage.freshPrefix());
      return [`${number} at once`, { run: async () => costOf(await put(), home) }];
    });
    return inRounds(rounds, Object.fromEntries(ways), onReading);
  });
  return { series, goals: [] };
};

/** 64 MiB at round trips of 1 to 200 ms, with 25 Mbit/s per connection. */
export const roundTrips: Measure = async ({ stage, rounds = 3, onReading }) => {
  const { home } = stage.computer;
  const path = await makeFile(stage, 'round-trips.bin', 64 * MIB);
  const series: Series[] = [];
  for (const roundTripMs of [1, 20, 80, 200]) {
    const way = `${roundTripMs} ms`;
    const measured = await overLink(stage, { roundTripMs, bytesPerSecond: 25e6 / 8 }, ({ env }) => {
      const put = async () =>
        edgeUpload(await env(), 'put', path, '--prefix', stage.freshPrefix(), '--quiet');
      return inRounds(rounds, { [way]: { run: async () => costOf(await put(), home) } }, onReading);
    });
    series.push(...measured);
  }
  return { series, goals: [] };
};

/** 1,000 files of 4 KiB at a round trip of 20 ms, while 1 % of the pieces break their connection. */
export const losses: Measure = async ({ stage, rounds = 1, onReading }) => {
  const { home } = stage.computer;
  const folder = join(home, 'losses');
  makeSmallFiles(folder, 1_000, 4096);
  const kinds: Readonly<Record<string, Pick<LinkOptions, 'broken'>>> = {
    'no losses': {},
    '1 % reset': { broken: { every: 100, by: 'reset' } },
    '1 % stalled': { broken: { every: 100, by: 'stall' } },
  };
  const series: Series[] = [];
  for (const [way, broken] of Object.entries(kinds)) {
    const options = { roundTripMs: 20, bytesPerSecond: 25e6 / 8, ...broken };
    const measured = await overLink(stage, options, ({ env }) => {
      const args = ['put', '-r', folder, '--quiet'];
      const put = async () => edgeUpload(await env(), ...args, '--prefix', stage.freshPrefix());
      return inRounds(rounds, { [way]: { run: async () => costOf(await put(), home) } }, onReading);
    });
    series.push(...measured);
  }
  return { series, goals: [] };
};
