import { join } from 'node:path';
import { costOf } from '../cost.ts';
import { median, valuesOf } from '../figures.ts';
import { type Measure, MIB } from '../measure.ts';
import { edgeUpload, peers, rclone } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeSmallFiles } from '../small-files.ts';

/** A dry run of 200,000 files, and of 20,000. */
export const walk: Measure = async ({ stage, rounds = 3, onReading }) => {
  const { env, home } = stage.computer;
  const [all, tenth] = [join(home, 'all'), join(home, 'tenth')];
  makeSmallFiles(all, 200_000, 1);
  makeSmallFiles(tenth, 20_000, 1);
  const dryRun = (folder: string) =>
    costOf(edgeUpload(env, 'put', '-r', folder, '--dry-run', '--quiet'), home);
  const series = await inRounds(
    rounds,
    {
      'put --dry-run, 200,000 files': { run: () => dryRun(all) },
      'put --dry-run, 20,000 files': { run: () => dryRun(tenth) },
      ...(peers().rclone !== undefined && {
        'rclone lsl, 200,000 files': {
          peer: true as const,
          run: () => costOf(rclone(stage, 'lsl', all), home),
        },
      }),
    },
    onReading,
  );
  const [ofAll, ofTenth] = series;
  if (ofAll === undefined || ofTenth === undefined) throw new Error('nothing was measured');
  const [large, small] = [median(valuesOf(ofAll, 'memory')), median(valuesOf(ofTenth, 'memory'))];
  return {
    series,
    goals: [
      { what: 'wall time of 200,000', value: median(valuesOf(ofAll, 'wall')), unit: 'seconds', atMost: 4 },
      { what: 'memory of 200,000 − of 20,000', value: large - small, unit: 'bytes', atMost: 5 * MIB },
    ],
  };
};
