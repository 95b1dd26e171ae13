import { costOf } from '../cost.ts';
import { overLink } from '../far.ts';
import { againstPeers, median, valuesOf } from '../figures.ts';
import { type Measure, MIB } from '../measure.ts';
import { awsS3, curlPut, edgeUpload, peers } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeFile } from '../stage.ts';

const FAT_AND_LONG = { roundTripMs: 80, bytesPerSecond: 25e6 / 8 };

/** 200 MiB over a link with a long delay. */
export const link: Measure = async ({ stage, rounds = 3, onReading }) => {
  const { computer, cloud, edge, bucket } = stage;
  const path = await makeFile(stage, 'link.bin', 200 * MIB);
  const series = await overLink(stage, FAT_AND_LONG, ({ far, env }) =>
    inRounds(
      rounds,
      {
        'edge-upload put': {
          async run() {
            await stage.empty();
            return costOf(edgeUpload(await env(), 'put', path, '--quiet'), computer.home);
          },
        },
        'curl -T': {
          peer: true,
          async run() {
            await stage.empty();
            return costOf(await curlPut(stage, path, `${far(edge)}/link.bin`), computer.home);
          },
        },
        ...(peers().aws !== undefined && {
          'aws s3 cp': {
            peer: true as const,
            skips: 'skips TLS, the edge and its token check',
            async run() {
              await stage.empty();
              const args = ['cp', '--only-show-errors', path, `s3://${bucket}/`];
              return costOf(awsS3(stage, far(cloud.endpoint), ...args), computer.home);
            },
          },
        }),
      },
      onReading,
    ),
  );
  const [ours] = series;
  if (ours === undefined) throw new Error('nothing was measured');
  const value = median(valuesOf(ours, 'wall'));
  return {
    series,
    goals: [
      { what: 'wall time', value, unit: 'seconds', atMost: 5.5 },
      ...againstPeers(series, 'wall', { 'curl -T': 1 / 5, 'aws s3 cp': 1 }),
    ],
  };
};
