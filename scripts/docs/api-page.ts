import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { parseSync } from 'oxc-parser';
import { withTable } from './page-table.ts';

/* Writes the reference of the library from its doc comments: `npm run docs:library`. */

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/library.md');
const MODULES = ['create-uploader', 'types', 'upload-error'].map((name) => `cli/library/${name}.ts`);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

interface Source {
  readonly text: string;
  /** Returns the doc comment that ends directly before an offset, as one line. */
  readonly docBefore: (start: number) => string;
}

function sourceOf(text: string, comments: readonly { value: string; start: number; end: number }[]): Source {
  const docBefore = (start: number) => {
    const doc = comments.findLast(({ end }) => end <= start && text.slice(end, start).trim() === '');
    return (doc?.value ?? '')
      .replace(/^\*|^\s*\* ?/gm, '')
      .replace(/\{@link (\w+)\}/g, '`$1`')
      .replace(/@throws \{(\w+)\}/g, 'Throws `$1`:')
      .replace(/@param (\w+)/g, '`$1`:')
      .replace(/\s+/g, ' ')
      .replace(/: *$/, '.')
      .trim();
  };
  return { text, docBefore };
}

const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

/** Returns the row of a member of an interface or class; `undefined` for private members. */
function memberRow(member: Node, { text, docBefore }: Source): string | undefined {
  if (member.type === 'MethodDefinition') return undefined;
  const key = member.key as Node;
  const name = text.slice(key.start, key.end);
  const declared = text
    .slice(member.start, member.end)
    .replace(/^(?:(?:override|readonly) )*/, '')
    .replace(/;$/, '');
  const isMethod = member.type === 'TSMethodSignature';
  const type = isMethod || name === 'name' ? declared : declared.replace(/^[^:]*: /, '');
  const optional = member.optional === true ? '?' : '';
  const title = member.computed === true ? `[${name}]` : `${name}${optional}`;
  return `| \`${title}\` | \`${cell(type)}\` | ${cell(docBefore(member.start))} |`;
}

function table(members: readonly Node[], source: Source): string[] {
  const rows = members.map((member) => memberRow(member, source)).filter((row) => row !== undefined);
  return ['', '| name | type | |', '| --- | --- | --- |', ...rows];
}

function section(exported: Node, source: Source): string[] {
  const declaration = exported.declaration as Node | null;
  if (declaration === null) return [];
  const { id, body } = declaration as unknown as { readonly id?: Node; readonly body?: Node };
  if (id === undefined) return [];
  const name = source.text.slice(id.start, id.end).replace(/:[\s\S]*/, '');
  const heading = ['', `### \`${name}\``, '', source.docBefore(exported.start)];
  const code = source.text.slice(declaration.start, declaration.end);
  switch (declaration.type) {
    case 'TSInterfaceDeclaration':
    case 'ClassDeclaration':
      return [...heading, ...table((body?.body ?? []) as Node[], source)];
    case 'TSTypeAliasDeclaration':
      if (name === 'UploadErrorCode') return [...heading, '', codes(source.text)];
      return [...heading, '', '```ts', code, '```'];
    case 'FunctionDeclaration':
      // Other functions are not exported from the package.
      if (name !== 'createUploader') return [];
      return [...heading, '', '```ts', source.text.slice(declaration.start, body?.start).trim(), '```'];
    default:
      return [];
  }
}

function codes(text: string): string {
  const [, listed = ''] = /UPLOAD_ERROR_CODES = \[([^\]]*)\]/.exec(text) ?? [];
  return [...listed.matchAll(/'(\w+)'/g)].map(([, code]) => `\`${code}\``).join(', ');
}

/** Returns the page with an updated reference. */
export function withApi(page: string): string {
  const lines = MODULES.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const { program, comments } = parseSync(file, text);
    const source = sourceOf(text, comments);
    return (program.body as unknown as Node[])
      .filter(({ type }) => type === 'ExportNamedDeclaration')
      .flatMap((exported) => section(exported, source));
  });
  return withTable(page, 'api', lines.slice(1));
}

if (argv[1] === import.meta.filename) writeFileSync(PAGE, withApi(readFileSync(PAGE, 'utf8')));
