import { GIB, type Measure } from '../measure.ts';
import { inRounds } from '../pairs.ts';
import { curlPut, edgeUpload, timed } from '../programs.ts';
import { makeFile } from '../stage.ts';
import { inSeconds, table } from '../table.ts';

/** 1 GiB through the edge over TLS on loopback. */
export const loopback: Measure = async ({ stage, rounds = 5, onValue }) => {
  const { computer, edge } = stage;
  const path = await makeFile(stage, 'one.bin', GIB);
  const [ours, curl] = await inRounds(
    rounds,
    {
      async 'edge-upload put'() {
        await stage.empty();
        return timed(edgeUpload(computer.env, 'put', path, '--quiet'), computer.home);
      },
      async 'curl -T'() {
        await stage.empty();
        return timed(await curlPut(stage, path, `${edge}/one.bin`), computer.home);
      },
    },
    onValue,
  );
  if (ours === undefined || curl === undefined) throw new Error('nothing was measured');
  return table(ours, [curl], [{ peer: curl.name, atMost: 1.15 }], inSeconds);
};
