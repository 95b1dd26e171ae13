import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../cli/errors.ts';
import { REFUSALS } from '../edge/refusal.ts';
import { withErrorTable, withExitTable } from '../scripts/docs/error-tables.ts';

const ROOT = join(import.meta.dirname, '..');

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const guides = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'bench/README.md',
    'local/FIDELITY.md',
  ],
  ...guides.map((name) => `docs/${name}`),
];

/** Returns GitHub's anchor for a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

test('every link between pages leads to a page and a heading', () => {
  for (const page of PAGES) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, target)), `${page}: ${link}`);
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${page}: ${link}`);
    }
  }
});

test('README links to every guide', () => {
  const readme = read('README.md');
  for (const name of guides) assert.ok(readme.includes(`(docs/${name})`), name);
});

test('the page about errors lists every code, its exit code and the remedy', () => {
  const page = read('docs/troubleshooting.md');
  assert.match(page, /\| `unreachable` \| 5 \| /);
  assert.equal(page, withErrorTable(page), 'renew it with: npm run docs:errors');
});

test('the pages list every exit code and every refusal of the edge', () => {
  const scripts = read('docs/scripts-and-ci.md');
  for (const code of Object.values(EXIT)) assert.match(scripts, new RegExp(`^\\| ${code} \\| `, 'm'));
  assert.equal(scripts, withExitTable(scripts), 'renew it with: npm run docs:errors');
  const contract = read('docs/edge-http.md');
  for (const [code, status] of Object.entries(REFUSALS)) {
    assert.match(contract, new RegExp(`^\\| ${status} \\| .*\`${code}\``, 'm'), code);
  }
});

test('ARCHITECTURE.md names existing files only', () => {
  const named = [
    ...read('ARCHITECTURE.md').matchAll(/`((?:bin|cli|infra|edge|protocol|local|scripts|test)\/[\w./-]+)`/g),
  ];
  for (const [, path = ''] of named) assert.ok(existsSync(join(ROOT, path)), path);
});

test('the tree in ARCHITECTURE.md has every folder', () => {
  const tree = read('ARCHITECTURE.md');
  const rooms = ['bench', 'bin', 'cli', 'edge', 'infra', 'live', 'local', 'page', 'protocol', 'scripts'];
  const foldersOf = (room: string) =>
    readdirSync(join(ROOT, room), { withFileTypes: true })
      .filter((one) => one.isDirectory() && one.name !== 'results')
      .map(({ name }) => `${room}/${name}`);
  for (const folder of [...rooms, ...[...rooms, 'cli/stack', 'cli/transfer'].flatMap(foldersOf)]) {
    assert.ok(new RegExp(`(?<![\\w-])${basename(folder)}/(?=[,\\s])`).test(tree), folder);
  }
});
