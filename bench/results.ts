import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result, Results } from './figures.ts';
import { plot } from './plot.ts';
import { markdown } from './table.ts';

/** Reads a file of results. */
export async function readResults(path: string): Promise<Results> {
  return JSON.parse(await readFile(path, 'utf8')) as Results;
}

/** The stored results of all measurements: `<folder>/results/<date>.json`, the tables and the plot. */
export class Ledger {
  readonly #note: string;
  readonly #results: string;

  /** @param folder The folder of `README.md`. */
  constructor(folder: string) {
    this.#note = join(folder, 'README.md');
    this.#results = join(folder, 'results');
  }

  /** Adds results to the file of their day, and renders tables and plot. */
  async add(results: Results): Promise<void> {
    await mkdir(this.#results, { recursive: true });
    for (const [measure, result] of Object.entries(results)) {
      const path = join(this.#results, `${result.date}.json`);
      const ofDay = await readResults(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return {};
        throw error;
      });
      await writeFile(path, textOf({ ...ofDay, [measure]: result }));
    }
    await this.render();
  }

  /** Renders tables and plot from the newest result of each measurement. */
  async render(): Promise<void> {
    const newest = await this.#newest();
    let note = await readFile(this.#note, 'utf8');
    for (const [measure, result] of Object.entries(newest)) note = withTable(note, measure, result);
    await writeFile(this.#note, note);
    await writeFile(join(this.#results, 'bounds.svg'), plot(newest));
  }

  async #newest(): Promise<Results> {
    const files = (await readdir(this.#results)).filter((name) => name.endsWith('.json')).sort();
    const all = await Promise.all(files.map((name) => readResults(join(this.#results, name))));
    return Object.assign({}, ...all) as Results;
  }
}

/** Replaces the table between its marks. */
function withTable(note: string, measure: string, result: Result): string {
  const place = new RegExp(`(<!-- ${measure} -->\n)[^]*?(\n?<!-- /${measure} -->)`);
  if (!place.test(note)) throw new Error(`bench/README.md has no marks for ${measure}`);
  return note.replace(place, (_all, begin: string) => `${begin}${markdown(result)}\n<!-- /${measure} -->`);
}

/** Returns JSON with one line for each measurement. */
function textOf(results: Results): string {
  const lines = Object.entries(results).map(
    ([name, result]) => `"${name}": ${JSON.stringify(result, rounded)}`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
