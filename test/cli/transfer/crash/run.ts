import { parseArgs } from 'node:util';
import { crashAgainAndAgain } from './rig.ts';

// The long crash test. After `npm run build`:
//   npx tsx test/cli/transfer/crash/run.ts [--runs 200] [--seed 1] [--size-mib 96] [--kills 3] [--shared-mib-per-s 6]
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    'size-mib': { type: 'string', default: '96' },
    kills: { type: 'string', default: '3' },
    'shared-mib-per-s': { type: 'string' },
  },
});
const size = Number(values['size-mib']) * 1024 * 1024;
const shared = values['shared-mib-per-s'];
const began = performance.now();
const report = await crashAgainAndAgain({
  runs: Number(values.runs),
  seed: Number(values.seed),
  kills: Number(values.kills),
  size,
  ...(shared === undefined ? {} : { sharedRate: Number(shared) * 1024 * 1024 }),
  onRun: ({ number, kills, sent, same, resumedBytes }) =>
    process.stdout.write(
      `run ${number}: ${kills} kills, sent ${(sent / size).toFixed(2)} × the file, ${Math.round((resumedBytes / size) * 100)}% found at the last start, ${same ? 'same' : 'DIFFERENT'}\n`,
    ),
});
const kills = report.runs.reduce((sum, run) => sum + run.kills, 0);
const wrong = report.runs.filter(({ same }) => !same).length;
const most = Math.max(...report.runs.map(({ sent }) => sent / size));
process.stdout.write(
  `${report.runs.length} runs, ${kills} kills, ${wrong} wrong objects, ${report.open} uploads left open, ` +
    `${report.ratio.toFixed(3)} bytes sent for each byte (at most ${most.toFixed(2)} in one run), ` +
    `${Math.round((performance.now() - began) / 1000)} s\n`,
);
process.exitCode = wrong === 0 && report.open === 0 && report.ratio <= 1.5 ? 0 : 1;
