import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const ROOMS = [
  'bench',
  'bin',
  'cli',
  'edge',
  'infra',
  'live',
  'local',
  'page',
  'protocol',
  'scripts',
  'test',
];

/** Code in a function's realm, which can replace what `omitUndefined` calls. */
const WITHOUT_HELPER = 'local/lambda/guest/';

function* sources(): Generator<readonly [path: string, text: string]> {
  for (const room of ROOMS) {
    for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      yield [posix.join(room, name.replaceAll('\\', '/')), readFileSync(join(ROOT, room, name), 'utf8')];
    }
  }
}

test('omits undefined members with omitUndefined only', () => {
  const byHand = /\b(\w+) === undefined \? \{\} : \{ (?:(?:[\w$]+|'[^']+'): )?\1 \}/;
  const found = [...sources()].filter(
    ([path, text]) => !path.startsWith(WITHOUT_HELPER) && byHand.test(text),
  );
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  );
});

test('imports no functions by name that node:process lacks on Windows, where the import would fail', () => {
  const missing = /import[^;]*\{[^}]*\b(?:init|[gs]ete?)(?:uid|gid|groups)\b[^}]*\} from 'node:process'/;
  const found = [...sources()].filter(([, text]) => missing.test(text));
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  );
});

test('limits folders to 20 files, and source files to 250 lines', () => {
  const files = [...sources()];
  const long = files.filter(([path, text]) => !path.startsWith('test/') && text.split('\n').length > 251);
  assert.deepEqual(
    long.map(([path]) => path),
    [],
  );
  const folders = new Map<string, number>();
  for (const [path] of files) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  assert.deepEqual(
    [...folders].filter(([, count]) => count > 20),
    [],
  );
});

/** Imports and re-exports of other sources, those of types and those on demand included. */
const IMPORTED = /\b(?:from|import) ?\(?\s*'(\.[^']+)'/g;

/** Biome has a rule for this, but it takes half of the processor time of all linting. */
test('has no circles of imports', () => {
  const imports = new Map(
    [...sources()].map(([path, text]) => [
      path,
      [...text.matchAll(IMPORTED)].map(([, imported = '']) => posix.join(posix.dirname(path), imported)),
    ]),
  );
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    else if (!done.has(path)) {
      for (const imported of imports.get(path) ?? []) follow(imported, [...way, path]);
      done.add(path);
    }
  };
  for (const path of imports.keys()) follow(path, []);
  assert.deepEqual(circles, []);
});
