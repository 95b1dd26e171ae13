import { costOf } from '../cost.ts';
import { againstPeers } from '../figures.ts';
import type { Measure } from '../measure.ts';
import { awsS3, edgeUpload, peers } from '../programs.ts';
import { inRounds, type Way } from '../rounds.ts';
import { makeFile, type Stage } from '../stage.ts';

/** Node without a program. */
function bareNode({ computer: { env, home } }: Stage): Way {
  return { peer: true, run: () => costOf({ program: process.execPath, args: ['-e', '0'], env }, home) };
}

/** The start of the program. */
export const start: Measure = async ({ stage, rounds = 21, onReading }) => {
  const { env, home } = stage.computer;
  const series = await inRounds(
    rounds,
    {
      'edge-upload --version': { run: () => costOf(edgeUpload(env, '--version'), home) },
      'node -e 0': bareNode(stage),
    },
    onReading,
  );
  return { series, goals: againstPeers(series, 'wall', { 'node -e 0': 1.5 }) };
};

/** A file of 1 KiB. */
export const small: Measure = async ({ stage, rounds = 21, onReading }) => {
  const { computer, cloud, bucket } = stage;
  const { env, home } = computer;
  const path = await makeFile(stage, 'small.bin', 1024);
  const series = await inRounds(
    rounds,
    {
      'edge-upload put': { run: () => costOf(edgeUpload(env, 'put', path, '--quiet'), home) },
      'node -e 0': bareNode(stage),
      ...(peers().aws !== undefined && {
        'aws s3 cp': {
          peer: true as const,
          skips: 'skips TLS, the edge and its token check',
          run: () =>
            costOf(awsS3(stage, cloud.endpoint, 'cp', '--only-show-errors', path, `s3://${bucket}/`), home),
        },
      }),
    },
    onReading,
  );
  return { series, goals: againstPeers(series, 'wall', { 'node -e 0': 4.5, 'aws s3 cp': 0.5 }) };
};
