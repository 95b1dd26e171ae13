/** Replaces the lines of a page between its comments `<!-- name: … -->` and `<!-- /name -->`. */
export function withTable(page: string, name: string, lines: readonly string[]): string {
  const table = new RegExp(`(<!-- ${name}: [^\\n]* -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- /${name} -->)`);
  return page.replace(table, (_, start: string, end: string) => `${start}${lines.join('\n')}${end}`);
}
