import { readFile, writeFile } from 'node:fs/promises';
import { cpus, platform } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measure } from './measure.ts';
import { deploy } from './measures/deploy.ts';
import { edge } from './measures/edge.ts';
import { link } from './measures/link.ts';
import { loopback } from './measures/loopback.ts';
import { many } from './measures/many.ts';
import { memory } from './measures/memory.ts';
import { page } from './measures/page.ts';
import { small, start } from './measures/start.ts';
import { versions } from './programs.ts';
import { withStage } from './stage.ts';

// The SDK's warning on Node 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// npm run bench [-- [name…] [--rounds <number>] [--write]]
// Without names, all of them. --write puts the tables into bench/README.md.

const MEASURES: Readonly<Record<string, Measure>> = {
  start,
  small,
  many,
  edge,
  deploy,
  loopback,
  link,
  memory,
  page,
};
const NOTE = join(import.meta.dirname, 'README.md');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, write: { type: 'boolean', default: false } },
});
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const names = positionals.length > 0 ? positionals : Object.keys(MEASURES);

/** Writes a table between its marks in bench/README.md. */
async function writeDown(name: string, text: string): Promise<void> {
  const note = await readFile(NOTE, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!place.test(note)) throw new Error(`bench/README.md has no marks for ${name}`);
  await writeFile(
    NOTE,
    note.replace(place, (_all, begin: string, end: string) => begin + text + end),
  );
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()}; ${versions()}`;
process.stdout.write(`${machine}\n`);
await withStage(async (stage) => {
  for (const name of names) {
    const measure = MEASURES[name];
    if (measure === undefined)
      throw new Error(`no measurement ${name}; there are: ${Object.keys(MEASURES).join(', ')}`);
    const onValue = (way: string, value: number) =>
      process.stderr.write(`${name}: ${way} ${Number(value.toPrecision(4))}\n`);
    const text = `${await measure({ stage, rounds, onValue })}\n\n_${new Date().toISOString().slice(0, 10)}; ${machine}_`;
    process.stdout.write(`\n${name}\n\n${text}\n`);
    if (values.write) await writeDown(name, text);
    await stage.empty();
  }
});
