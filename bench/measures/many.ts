import { join } from 'node:path';
import { type Command, costOf, processorSeconds } from '../cost.ts';
import { againstPeers, type Goal, median, type Quantity, type Reading, valuesOf } from '../figures.ts';
import type { Measure } from '../measure.ts';
import { awsS3, curlParallel, edgeUpload, peers, rclone, undiciPool } from '../programs.ts';
import { inRounds, type Way } from '../rounds.ts';
import { makeSmallFiles, uploadsOf } from '../small-files.ts';
import type { Stage } from '../stage.ts';

const FILES = 5_000;
const NO_EDGE = 'skips TLS, the edge and its token check';

/** Returns the cost of a command, and of the embedded cloud at the same time. */
async function costWithCloud({ cloud, computer }: Stage, command: Command): Promise<Reading> {
  const before = processorSeconds(cloud.pid);
  const reading = await costOf(command, computer.home);
  const after = processorSeconds(cloud.pid);
  return before === undefined || after === undefined ? reading : { ...reading, cloud: after - before };
}

/** 5,000 files of 4 KiB, compared with programs that do the same work and programs that skip some. */
export const many: Measure = async ({ stage, rounds = 5, onReading }) => {
  const { computer, cloud, bucket } = stage;
  const folder = join(computer.home, 'many');
  const paths = makeSmallFiles(folder, FILES, 4096);
  /** @param command Makes its preparations and gets an unused prefix. */
  const way = (
    command: (prefix: string) => Command | Promise<Command>,
    about: Omit<Way, 'run'> = {},
  ): Way => ({
    ...about,
    run: async () => costWithCloud(stage, await command(stage.freshPrefix())),
  });
  const { curl, rclone: hasRclone, aws } = peers();
  const series = await inRounds(
    rounds,
    {
      'edge-upload put -r': way((prefix) =>
        edgeUpload(computer.env, 'put', '-r', folder, '--prefix', prefix, '--quiet'),
      ),
      ...(curl !== undefined && {
        'curl --parallel': way((prefix) => curlParallel(stage, uploadsOf(folder, paths, prefix)), {
          peer: true,
        }),
      }),
      'undici pool': way((prefix) => undiciPool(stage, uploadsOf(folder, paths, prefix)), { peer: true }),
      ...(hasRclone !== undefined && {
        'rclone copy': way((prefix) => rclone(stage, 'copy', folder, `:s3:${bucket}/${prefix}`), {
          peer: true,
          skips: NO_EDGE,
        }),
      }),
      ...(aws !== undefined && {
        'aws s3 cp --recursive': way(
          (prefix) =>
            awsS3(
              stage,
              cloud.endpoint,
              'cp',
              '--only-show-errors',
              '--recursive',
              folder,
              `s3://${bucket}/${prefix}`,
            ),
          { peer: true, skips: NO_EDGE },
        ),
      }),
    },
    onReading,
  );
  const each = (what: string, way: string, quantity: Quantity, atMost: number): Goal[] =>
    series
      .filter((one) => one.way === way && valuesOf(one, quantity).length > 0)
      .map((one) => ({ what, value: median(valuesOf(one, quantity)) / FILES, unit: 'seconds', atMost }));
  return {
    series,
    goals: [
      ...againstPeers(series, 'wall', {
        'curl --parallel': 1.1,
        'rclone copy': 1,
        'aws s3 cp --recursive': 0.2,
      }),
      ...each('processor time of the command line, each file', 'edge-upload put -r', 'processor', 0.85e-3),
      ...each("the embedded cloud's, each PUT of curl", 'curl --parallel', 'cloud', 0.8e-3),
    ],
  };
};
