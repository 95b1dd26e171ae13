import { peakOf } from '../../test/support/peak-memory.ts';
import { GIB, type Measure, MIB } from '../measure.ts';
import { inRounds, pairedRatio } from '../pairs.ts';
import { edgeUpload } from '../programs.ts';
import { makeSparse, type Stage } from '../stage.ts';
import { bounds, inMiB } from '../table.ts';

async function peakOfPut(stage: Stage, path: string): Promise<number> {
  await stage.empty();
  const { env, home } = stage.computer;
  const { program, args } = edgeUpload(env, 'put', path, '--quiet');
  const { peakBytes, code, stderr } = await peakOf(program, args, { env, cwd: home });
  if (code !== 0) throw new Error(`put ended with ${code}:\n${stderr}`);
  return peakBytes;
}

/** The most memory of the command line for files of 10 GiB and 1 GiB. */
export const memory: Measure = async ({ stage, rounds = 3, onValue }) => {
  const [small, large] = [
    await makeSparse(stage, 'small.bin', GIB),
    await makeSparse(stage, 'large.bin', 10 * GIB),
  ];
  const [forSmall, forLarge] = await inRounds(
    rounds,
    { '1 GiB': () => peakOfPut(stage, small), '10 GiB': () => peakOfPut(stage, large) },
    onValue,
  );
  if (forSmall === undefined || forLarge === undefined) throw new Error('nothing was measured');
  const ratio = pairedRatio(forLarge, forSmall);
  return bounds([
    {
      name: 'peak for 10 GiB',
      value: inMiB(forLarge.median),
      asked: '≤ 160 MiB',
      held: forLarge.median <= 160 * MIB,
    },
    {
      name: 'peak for 1 GiB',
      value: inMiB(forSmall.median),
      asked: '≤ 160 MiB',
      held: forSmall.median <= 160 * MIB,
    },
    {
      name: 'the one ÷ the other',
      value: ratio.toFixed(2),
      asked: '0.90 to 1.10',
      held: ratio >= 0.9 && ratio <= 1.1,
    },
  ]);
};
