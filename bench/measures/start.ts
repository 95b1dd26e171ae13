import type { Measure } from '../measure.ts';
import { inRounds } from '../pairs.ts';
import { awsS3, edgeUpload, peers, timed } from '../programs.ts';
import { makeFile } from '../stage.ts';
import { inSeconds, table } from '../table.ts';

/** The start of the program alone. */
export const start: Measure = async ({ stage, rounds = 21, onValue }) => {
  const { env, home } = stage.computer;
  const [version, node] = await inRounds(
    rounds,
    {
      'edge-upload --version': () => timed(edgeUpload(env, '--version'), home),
      'node -e 0': () => timed({ program: process.execPath, args: ['-e', '0'], env }, home),
    },
    onValue,
  );
  if (version === undefined || node === undefined) throw new Error('nothing was measured');
  return table(version, [node], [{ peer: node.name, atMost: 1.5 }], inSeconds);
};

/** A file of 1 KiB. */
export const small: Measure = async ({ stage, rounds = 11, onValue }) => {
  const { computer, cloud, bucket } = stage;
  const path = await makeFile(stage, 'small.bin', 1024);
  const [ours, ...others] = await inRounds(
    rounds,
    {
      'edge-upload put': () => timed(edgeUpload(computer.env, 'put', path, '--quiet'), computer.home),
      ...(peers().aws !== undefined && {
        'aws s3 cp': () => timed(awsS3(stage, cloud.endpoint, 'cp', path, `s3://${bucket}/`), computer.home),
      }),
    },
    onValue,
  );
  if (ours === undefined) throw new Error('nothing was measured');
  return table(ours, others, [{ peer: 'aws s3 cp', atMost: 0.5 }], inSeconds);
};
