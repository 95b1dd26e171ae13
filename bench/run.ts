import { cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { compare, isWorse, report } from './compare.ts';
import { LABELS, type Quantity, type Reading, type Results } from './figures.ts';
import type { Measure } from './measure.ts';
import { deploy } from './measures/deploy.ts';
import { edge } from './measures/edge.ts';
import { connections, files, losses, roundTrips, sizes } from './measures/growth.ts';
import { large, medium } from './measures/large.ts';
import { link } from './measures/link.ts';
import { list } from './measures/list.ts';
import { many } from './measures/many.ts';
import { memory } from './measures/memory.ts';
import { page } from './measures/page.ts';
import { small, start } from './measures/start.ts';
import { starved } from './measures/starved.ts';
import { walk } from './measures/walk.ts';
import { versions } from './programs.ts';
import { Ledger, readResults } from './results.ts';
import { withStage } from './stage.ts';
import { markdown } from './table.ts';

// Turns off the SDK's warning about Node 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// npm run bench [-- [name…] [--rounds <number>] [--write] [--compare <file>] [--render]]
// Without names, all but those of growth. --write keeps the figures in bench/results/ and renders bench/README.md.
// --compare reports what is slower than in a file of results. --render measures nothing.

const DEFAULT: Readonly<Record<string, Measure>> = {
  start,
  small,
  many,
  edge,
  starved,
  deploy,
  walk,
  list,
  medium,
  large,
  link,
  memory,
  page,
};
const GROWTH: Readonly<Record<string, Measure>> = { files, sizes, connections, roundTrips, losses };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    write: { type: 'boolean', default: false },
    compare: { type: 'string' },
    render: { type: 'boolean', default: false },
  },
});
const ledger = new Ledger(import.meta.dirname);
const names = positionals.flatMap((name) => (name === 'growth' ? Object.keys(GROWTH) : name));

function measureOf(name: string): Measure {
  const measure = DEFAULT[name] ?? GROWTH[name];
  if (measure !== undefined) return measure;
  const all = [...Object.keys(DEFAULT), 'growth', ...Object.keys(GROWTH)];
  throw new Error(`no measurement ${name}. Measurements: ${all.join(', ')}`);
}

function shown(reading: Reading): string {
  return (Object.keys(LABELS) as Quantity[])
    .filter((quantity) => reading[quantity] !== undefined)
    .map((quantity) => `${quantity} ${Number(reading[quantity]?.toPrecision(4))}`)
    .join(', ');
}

async function measureAll(): Promise<Results> {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()}; ${versions()}`;
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const results: Record<string, Results[string]> = {};
  for (const name of names.length > 0 ? names : Object.keys(DEFAULT)) {
    const measure = measureOf(name);
    await withStage(async (stage) => {
      const onReading = (way: string, reading: Reading) =>
        process.stderr.write(`${name}: ${way}: ${shown(reading)}\n`);
      const figures = await measure({ stage, rounds, onReading });
      const result = { date: new Date().toISOString().slice(0, 10), machine, ...figures };
      results[name] = result;
      process.stdout.write(`\n${name}\n\n${markdown(result)}\n`);
      if (values.write) await ledger.add({ [name]: result });
    });
  }
  return results;
}

if (values.render) await ledger.render();
else {
  const before = values.compare === undefined ? undefined : await readResults(values.compare);
  const results = await measureAll();
  if (before !== undefined) {
    const comparison = compare(before, results);
    process.stdout.write(`\n${report(comparison)}\n`);
    if (isWorse(comparison)) process.exitCode = 1;
  }
}
