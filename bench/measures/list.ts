import { costOf } from '../cost.ts';
import { againstPeers, median, valuesOf } from '../figures.ts';
import type { Measure } from '../measure.ts';
import { awsS3, edgeUpload, peers, undiciPool } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeFile } from '../stage.ts';

const OBJECTS = 60_000;

/** `ls` of 60,000 objects, and `destroy` of as many. */
export const list: Measure = async ({ stage, rounds = 5, onReading }) => {
  const { computer, cloud, bucket } = stage;
  const { env, home } = computer;
  const path = await makeFile(stage, 'small.bin', 64);
  const uploads = Array.from({ length: OBJECTS }, (_, at) => ({
    path,
    key: `folder-${at % 100}/file-${at}.dat`,
  }));
  await costOf(await undiciPool(stage, uploads), home);
  const series = await inRounds(
    rounds,
    {
      'edge-upload ls': { run: () => costOf(edgeUpload(env, 'ls', '--quiet'), home) },
      ...(peers().aws !== undefined && {
        'aws s3 ls --recursive': {
          peer: true as const,
          run: () => costOf(awsS3(stage, cloud.endpoint, 'ls', '--recursive', `s3://${bucket}/`), home),
        },
      }),
    },
    onReading,
  );
  const destroyed = await inRounds(
    1,
    { 'edge-upload destroy': { run: () => costOf(edgeUpload(env, 'destroy', '--yes', '--quiet'), home) } },
    onReading,
  );
  const wall = (one: (typeof series)[number] | undefined) =>
    one ? median(valuesOf(one, 'wall')) : Number.NaN;
  return {
    series: [...series, ...destroyed],
    goals: [
      { what: 'ls', value: wall(series[0]), unit: 'seconds', atMost: 2 },
      ...againstPeers(series, 'wall', { 'aws s3 ls --recursive': 1 }),
      { what: 'destroy, each object', value: wall(destroyed[0]) / OBJECTS, unit: 'seconds', atMost: 0.15e-3 },
    ],
  };
};
