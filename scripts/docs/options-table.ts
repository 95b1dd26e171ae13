import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS, OPTION_NAMES, optionName } from '../../cli/stack/options/kinds.ts';
import { withTable } from './page-table.ts';

/* Writes the table of deployment options into the operators' guide: `npm run docs:options`. */

const PAGE = join(import.meta.dirname, '../../docs/operating.md');

function row(name: (typeof OPTION_NAMES)[number]): string {
  const { flag, argument, summary, off, details, repeats } = KINDS[name];
  const typed = `\`${flag}${argument === undefined ? '' : ` ${argument}`}\`${repeats === undefined ? '' : ' …'}`;
  const code = (help: string) => help.replace(/--[a-z-]+|\{\w+\}\/?/g, '`$&`');
  const sentences = [code(summary), off && `\`--no-${optionName(name)}\`: ${code(off)}`, details];
  const text = sentences.flatMap((one) => one ?? []).map((one) => `${one.replace(/\.$/, '')}.`);
  return `| ${typed} | ${text.join(' ')} |`;
}

/** Returns the page with its table updated. */
export function withOptionsTable(page: string): string {
  return withTable(page, 'options', ['| option | what it does |', '| --- | --- |', ...OPTION_NAMES.map(row)]);
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(PAGE, withOptionsTable(readFileSync(PAGE, 'utf8')));
}
