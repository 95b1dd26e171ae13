import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nearestName } from '../../../cli/nearest-name.ts';
import { parseYaml, readYamlText } from '../../../cli/settings/yaml-file.ts';
import { testContext } from '../../support/context.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

const parse = async (text: string) => (await parseYaml(text, 'f.yaml', ['The hint.'])).value;

/** Values that other YAML parsers read differently, or that are certainly a mistake. */
const REFUSED: readonly (readonly [what: string, text: string, complaint: RegExp])[] = [
  ['an exponent', 'a: 1\nb: 1e3', /^f\.yaml:2:4: “1e3” is read as the number 1000; write a plain number/],
  ['hexadecimal', 'a: 0x10', /^f\.yaml:1:4: “0x10” is read as the number 16/],
  ['octal', 'a: 0o17', /:1:4: “0o17” is read as the number 15/],
  ['leading zeros', 'a: {b: 0123}', /:1:8: “0123” is read as the number 123/],
  ['a fraction of zero', 'a: [1.0]', /:1:5: “1\.0” is read as the number 1;/],
  ['a sign', 'a: +5', /:1:4: “\+5” is read/],
  ['more digits than a number has', 'a: 99999999999999999999', /:1:4: “9+” is read as the number 1000/],
  ['no number', 'a: .nan', /:1:4: “\.nan” is read as the number NaN/],
  ['YAML 1.1', '%YAML 1.1\n---\na: yes', /:1:1: a version of YAML other than 1\.2 is not allowed/],
  ['a set', 'a: !!set {b, c}', /:1:\d+: a tag \(!\) is not allowed/],
  ['pairs', 'a: !!omap [b: c]', /:1:\d+: a tag \(!\) is not allowed/],
  ['binary', 'a: !!binary aGVsbG8=', /:1:\d+: a tag \(!\) is not allowed/],
  ['a tag of a text', 'a: !!str 7', /:1:\d+: a tag \(!\) is not allowed/],
  ['code', 'a: !!js/function "x"', /:1:4: this is not YAML: Unresolved tag/],
  ['an alias', 'a: &b 1\nc: *b', /:2:4: an alias \(\*\) is not allowed/],
  ['a merged alias', 'a: &b {c: d}\ne:\n  <<: *b', /:3:7: an alias \(\*\) is not allowed/],
  ['aliases of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]', /:2:8: an alias/],
  ['a number as a name', 'a:\n  b: c\n  7: d', /:3:3: a name is not text; put it into quotation marks/],
  ['two names that become one', 'a:\n  7: b\n  "7": c', /:2:3: a name is not text/],
  ['true as a name', 'true: a', /:1:1: a name is not text/],
  ['nothing as a name', '? \n: a', /:1:3: a name is not text/],
  ['a list as a name', '? [a]\n: b', /:1:3: a list or a mapping cannot be a name/],
  ['a name twice', 'a: 1\n"a": 2', /:2:1: this is not YAML: Map keys must be unique/],
  ['a tab before a name', 'a:\n\tb: c', /:2:1: this is not YAML: Tabs are not allowed as indentation/],
  ['two documents', 'a: b\n---\na: c', /:2:1: a second document \(---\) is not allowed/],
  ['text after the end', 'a: b\n...\nc: d', /:3:1: a second document/],
  ['brackets', `a:\n  ${'['.repeat(100_000)}`, /:2:\d+: it is nested too deeply/],
  ['braces', '{a: '.repeat(30_000), /:1:\d+: it is nested too deeply/],
  ['lists in lists', '- '.repeat(50_000), /:1:\d+: it is nested too deeply/],
  [
    'steps',
    Array.from({ length: 500 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    /:\d\d:\d+: it is nested/,
  ],
  ['an open quotation', 'a: "b', /:1:6: this is not YAML: Missing closing/],
];

test('refuses ambiguous YAML with line and column', async () => {
  for (const [what, text, complaint] of REFUSED) {
    await assert.rejects(parse(text), withCode('usage', complaint), what);
  }
});

test('reads plain YAML and JSON with each kind of line end', async () => {
  for (const [text, value] of [
    ['a: b\r\nc: 1\r\n', { a: 'b', c: 1 }],
    ['{"a": [true, null, -1.5, "1e3"]}', { a: [true, null, -1.5, '1e3'] }],
    ['%YAML 1.2\n---\na: yes\nb: 2026-11-29\n...\n', { a: 'yes', b: '2026-11-29' }],
    ['a:\tb # c', { a: 'b' }],
    ['a: &b c', { a: 'c' }],
    ['"7": a\n"true": b\n<<: c', { '7': 'a', true: 'b', '<<': 'c' }],
  ] as const) {
    assert.deepEqual(await parse(text), value, text);
  }
});

test('decodes UTF-8 and UTF-16, up to a maximum size', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-yaml-'));
  t.after(() => rm(folder, { recursive: true }));
  const place = testContext({ cwd: folder });
  const read = async (bytes: Uint8Array) => {
    await writeFile(join(folder, 'f.yaml'), bytes);
    return readYamlText(place, 'f.yaml', []);
  };
  const text = 'a: ä\r\n';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()]) {
    assert.equal(await read(bytes), text);
  }
  await assert.rejects(read(Buffer.from('a: \u00e4', 'latin1')), withCode('usage', /is not valid UTF-8/));
  await assert.rejects(read(Buffer.from('ab\0c')), withCode('usage', /NUL bytes/));
  await assert.rejects(
    read(Buffer.alloc(1024 ** 2 + 1, 'a')),
    withCode('usage', /f\.yaml is larger than 1024 KiB/),
  );
  await assert.rejects(readYamlText(place, 'none', []), withCode('file_missing', /none does not exist/));
  await assert.rejects(readYamlText(place, '.', []), withCode('file_unreadable', /cannot be read/));
});

test('suggests the nearest known name, and none for other words', () => {
  const known = ['max-size', 'write-to', 'tag', 'kms-key', 'cors-origin', 'page'];
  for (const [typed, meant] of [
    ['maxSize', 'max-size'],
    ['--max-size', 'max-size'],
    ['max_szie', 'max-size'],
    ['tags', 'tag'],
    ['kms-key-arn', 'kms-key'],
    ['CORS-Origins', 'cors-origin'],
    ['signing', undefined],
    ['xy', undefined],
    ['', undefined],
    ['m'.repeat(100_000), undefined],
  ] as const) {
    assert.equal(nearestName(typed, known), meant, typed);
  }
});
