import { costOf } from '../cost.ts';
import { median, type Reading, ratios, valuesOf } from '../figures.ts';
import { GIB, type Measure, MIB } from '../measure.ts';
import { edgeUpload } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeSparse, type Stage } from '../stage.ts';

async function memoryOfPut(stage: Stage, path: string): Promise<Reading> {
  await stage.empty();
  const { env, home } = stage.computer;
  const { memory } = await costOf(edgeUpload(env, 'put', path, '--quiet'), home);
  if (memory === undefined) throw new Error('this computer does not report the memory of processes');
  return { memory };
}

/** Peak memory of the command line for files of 10 GiB and 1 GiB. */
export const memory: Measure = async ({ stage, rounds = 3, onReading }) => {
  const [small, large] = [
    await makeSparse(stage, 'small.bin', GIB),
    await makeSparse(stage, 'large.bin', 10 * GIB),
  ];
  const series = await inRounds(
    rounds,
    {
      '10 GiB': { run: () => memoryOfPut(stage, large) },
      '1 GiB': { run: () => memoryOfPut(stage, small) },
    },
    onReading,
  );
  const [forLarge, forSmall] = series;
  if (forSmall === undefined || forLarge === undefined) throw new Error('nothing was measured');
  const growth = median(ratios(forLarge, forSmall, 'memory'));
  const most = (what: string, one: typeof forLarge) =>
    ({ what, value: median(valuesOf(one, 'memory')), unit: 'bytes', atMost: 160 * MIB }) as const;
  return {
    series,
    goals: [
      most('10 GiB', forLarge),
      most('1 GiB', forSmall),
      { what: '10 GiB ÷ 1 GiB', value: growth, unit: 'ratio', atLeast: 0.9, atMost: 1.1 },
    ],
  };
};
