import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf, nameOf, OPTION_NAMES } from '../cli/stack/options/kinds.ts';

/* Writes the table of deployment options into the pages that have its markers: `npm run docs:options`. */

const PAGES = ['docs/operating.md'];
const TABLE = /(<!-- options: [^\n]* -->\n\n)[\s\S]*?(\n\n<!-- \/options -->)/;

function row(name: (typeof OPTION_NAMES)[number]): string {
  const { flag, argument, summary, off, details, repeats } = kindOf(name);
  const typed = `\`${flag}${argument === undefined ? '' : ` ${argument}`}\`${repeats === undefined ? '' : ' …'}`;
  const code = (help: string) => help.replace(/--[a-z-]+|\{\w+\}\/?/g, '`$&`');
  const sentences = [code(summary), off && `\`--no-${nameOf(name)}\`: ${code(off)}`, details];
  const text = sentences
    .flatMap((one) => one ?? [])
    .map((one) => `${one.charAt(0).toUpperCase()}${one.slice(1).replace(/\.$/, '')}.`);
  return `| ${typed} | ${text.join(' ')} |`;
}

/** Returns the page with its table renewed. */
export function withOptionsTable(page: string): string {
  const table = ['| option | what it does |', '| --- | --- |', ...OPTION_NAMES.map(row)].join('\n');
  return page.replace(TABLE, (_, start: string, end: string) => `${start}${table}${end}`);
}

if (process.argv[1] === import.meta.filename) {
  for (const name of PAGES) {
    const path = join(import.meta.dirname, '..', name);
    writeFileSync(path, withOptionsTable(readFileSync(path, 'utf8')));
  }
}
