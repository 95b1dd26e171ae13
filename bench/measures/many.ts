import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measure } from '../measure.ts';
import { inRounds } from '../pairs.ts';
import { awsS3, edgeUpload, peers, rcloneCopy, timed } from '../programs.ts';
import { inSeconds, table } from '../table.ts';

const FILES = 5_000;
const FOLDERS = 50;

async function makeFolder(root: string): Promise<void> {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const path = join(root, `folder-${folder}`);
    await mkdir(path, { recursive: true });
    for (let file = 0; file < FILES / FOLDERS; file += 1) {
      await writeFile(join(path, `file-${file}.dat`), Buffer.alloc(4096, folder * 100 + file));
    }
  }
}

/** 5,000 files of 4 KiB. */
export const many: Measure = async ({ stage, rounds = 5, onValue }) => {
  const { computer, cloud, bucket } = stage;
  const folder = join(computer.home, 'many');
  await makeFolder(folder);
  const [ours, ...others] = await inRounds(
    rounds,
    {
      async 'edge-upload put -r'() {
        await stage.empty();
        return timed(edgeUpload(computer.env, 'put', '-r', folder, '--quiet'), computer.home);
      },
      ...(peers().rclone !== undefined && {
        async 'rclone copy'() {
          await stage.empty();
          return timed(rcloneCopy(stage, folder, 'many'), computer.home);
        },
      }),
      ...(peers().aws !== undefined && {
        async 'aws s3 cp --recursive'() {
          await stage.empty();
          const target = `s3://${bucket}/many/`;
          return timed(awsS3(stage, cloud.endpoint, 'cp', '--recursive', folder, target), computer.home);
        },
      }),
    },
    onValue,
  );
  if (ours === undefined) throw new Error('nothing was measured');
  const goals = [
    { peer: 'aws s3 cp --recursive', atMost: 1 / 5 },
    { peer: 'rclone copy', atMost: 1 },
  ];
  return table(ours, others, goals, inSeconds);
};
