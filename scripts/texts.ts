import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { parseSync } from 'oxc-parser';

/*
 * Prints every text of the sources that users read: errors, hints, help, notes, warnings, questions, and responses of
 * the edge. `npm run texts` lists them by file; `npm run texts -- <folder>` lists those of one folder. Together with
 * the golden screens in test/e2e/screens, it covers everything that the product prints.
 */

const ROOT = join(import.meta.dirname, '..');

/** Folders with texts. The embedded cloud is not listed, because its texts are AWS's. */
const ROOMS = ['bin', 'cli', 'edge', 'infra', 'page', 'protocol'];

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

interface Text {
  readonly line: number;
  readonly text: string;
  /** Set for commands, which are completed with the deployment when they are printed: see cli/command-line.ts. */
  readonly isCommand?: true;
}

interface Template {
  readonly quasis: readonly { readonly value: { readonly cooked: string } }[];
  readonly expressions: readonly (Node & { readonly end: number })[];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Returns the text of a string or template, with the source of each expression. */
function saidBy(node: Node, source: string): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  const { quasis: words, expressions: parts } = node as unknown as Template;
  const between = parts.map(({ start, end }) => `‹${source.slice(start, end)}›`);
  return words.map(({ value }, at) => value.cooked + (between[at] ?? '')).join('');
}

/** Whether a string is a text: words with spaces. Names of options, codes and paths are not texts. */
function isText(said: string): boolean {
  const own = said.replaceAll(/‹[^›]*›/g, '‹›');
  return /\p{L}\p{L}/u.test(own) && /\S\s+\S|^\s+\S|[.:?]$/u.test(own);
}

/** Returns a command as the program prints it, with sample values, and with the flags in each list. */
function commandIn({ quasi }: Node, source: string): string {
  const { quasis, expressions } = quasi as unknown as Template;
  const samples = expressions.map(({ start, end }) => {
    const code = source.slice(start, end);
    if (code === 'kind') return 'link';
    if (/^(?:\[\.\.\.)?named\b/.test(code)) return 'status';
    if (/^\w*flags$/.test(code)) return '';
    if (!/[[\]]/.test(code)) return 'value';
    // A flag followed by another element of the list has a value.
    return [...code.matchAll(/'(--[\w-]+)'(,?)/g)]
      .map(([, flag, more]) => (more ? `${flag} value` : flag))
      .join(' ');
  });
  return quasis.map(({ value }, at) => value.cooked + (samples[at] ?? '')).join('');
}

const NOT_READ = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'TSLiteralType']);

/** Returns the texts of a source file, in the order of its lines. */
function textsOf(file: string): Text[] {
  const source = readFileSync(file, 'utf8');
  const found: Text[] = [];
  const visit = (node: Node): void => {
    if (NOT_READ.has(node.type)) return;
    const line = source.slice(0, node.start).split('\n').length;
    if (node.type === 'TaggedTemplateExpression' && (node.tag as Node).name === 'command') {
      found.push({ line, text: `  ${commandIn(node, source)}`, isCommand: true });
      return;
    }
    const said = saidBy(node, source);
    if (said !== undefined && isText(said)) found.push({ line, text: said });
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(parseSync(file, source).program as unknown as Node);
  return found;
}

/** Returns the texts of each source file below a path of the repository. */
export function textsBelow(path = ''): ReadonlyMap<string, readonly Text[]> {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|cjs)$/.test(name) && !name.endsWith('.d.ts'))
      .map((name) => join(room, name))
      .sort(),
  );
  const wanted = files.filter((file) => file.startsWith(path));
  return new Map(wanted.map((file) => [file, textsOf(join(ROOT, file))]));
}

if (argv[1] === import.meta.filename) {
  for (const [file, texts] of textsBelow(argv[2])) {
    if (texts.length > 0) stdout.write(`\n${file}\n`);
    for (const { line, text } of texts)
      stdout.write(`${String(line).padStart(5)}  ${text.replaceAll('\n', '\n       ')}\n`);
  }
}
