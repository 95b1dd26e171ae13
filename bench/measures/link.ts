import { openLink } from '../link.ts';
import { type Measure, MIB } from '../measure.ts';
import { inRounds } from '../pairs.ts';
import { awsS3, curlPut, edgeUpload, peers, timed } from '../programs.ts';
import { makeFile } from '../stage.ts';
import { inSeconds, table } from '../table.ts';

const FAT_AND_LONG = { roundTripMs: 80, bytesPerSecond: 25e6 / 8 };

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** 200 MiB over a long fat link. */
export const link: Measure = async ({ stage, rounds = 3, onValue }) => {
  const { computer, cloud, edge, bucket } = stage;
  const path = await makeFile(stage, 'link.bin', 200 * MIB);
  const links = await Promise.all(
    [edge, cloud.endpoint].map((url) => openLink({ port: portOf(url), ...FAT_AND_LONG })),
  );
  const far = (url: string) => url.replace('127.0.0.1', '[::1]');
  // A home without a deployment, so that the address in the environment counts.
  const env = async () => ({
    ...computer.env,
    HOME: `${computer.home}/elsewhere`,
    EDGE_UPLOAD_URL: far(edge),
    EDGE_UPLOAD_TOKEN: await stage.token(),
    NODE_EXTRA_CA_CERTS: cloud.caFile,
  });
  try {
    const [ours, ...others] = await inRounds(
      rounds,
      {
        async 'edge-upload put'() {
          await stage.empty();
          return timed(edgeUpload(await env(), 'put', path, '--quiet'), computer.home);
        },
        ...(peers().aws !== undefined && {
          async 'aws s3 cp'() {
            await stage.empty();
            return timed(awsS3(stage, far(cloud.endpoint), 'cp', path, `s3://${bucket}/`), computer.home);
          },
        }),
        async 'curl -T'() {
          await stage.empty();
          return timed(await curlPut(stage, path, `${far(edge)}/link.bin`), computer.home);
        },
      },
      onValue,
    );
    if (ours === undefined) throw new Error('nothing was measured');
    const goals = [
      { peer: 'curl -T', atMost: 1 / 5 },
      { peer: 'aws s3 cp', atMost: 1 },
    ];
    return table(ours, others, goals, inSeconds);
  } finally {
    await Promise.all(links.map((one) => one.close()));
  }
};
