import { costOf } from '../cost.ts';
import { againstPeers, type Goal, type Series } from '../figures.ts';
import { GIB, type Measure, MIB } from '../measure.ts';
import { curlPut, edgeUpload } from '../programs.ts';
import { inRounds } from '../rounds.ts';
import { makeFile } from '../stage.ts';

/** Creates a measurement of one file through the edge over TLS on loopback. */
function oneFile(size: number, ofRounds: number, goals: (series: readonly Series[]) => Goal[]): Measure {
  return async ({ stage, rounds = ofRounds, onReading }) => {
    const { computer, edge } = stage;
    const path = await makeFile(stage, 'one.bin', size);
    const series = await inRounds(
      rounds,
      {
        'edge-upload put': {
          async run() {
            await stage.empty();
            return costOf(edgeUpload(computer.env, 'put', path, '--quiet'), computer.home);
          },
        },
        'curl -T': {
          peer: true,
          async run() {
            await stage.empty();
            return costOf(await curlPut(stage, path, `${edge}/one.bin`), computer.home);
          },
        },
      },
      onReading,
    );
    return { series, goals: goals(series) };
  };
}

/** 100 MiB. */
export const medium = oneFile(100 * MIB, 9, (series) => againstPeers(series, 'wall', { 'curl -T': 1.15 }));

/** 1 GiB. */
export const large = oneFile(GIB, 5, (series) => [
  ...againstPeers(series, 'wall', { 'curl -T': 1.15 }),
  ...againstPeers(series, 'processor', { 'curl -T': 1.8 }),
]);
