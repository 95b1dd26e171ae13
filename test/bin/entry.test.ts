import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { CLI } from '../e2e/harness.ts';
import { runProgram } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');

async function manifest() {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    bin: Record<string, string>;
    engines: { node: string };
  };
}

/** Runs a file of `dist/` with a Node that reports another version. */
function runAs(version: string, file: string, ...args: string[]) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return runProgram(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, file, ...args],
    { env: process.env },
  );
}

test('prints the required version in one line on an old Node', async () => {
  const { bin, engines } = await manifest();
  const least = engines.node.replace('>=', '');
  const [major = 0, minor = 0] = least.split('.').map(Number);
  for (const file of [join(ROOT, bin['edge-upload'] ?? ''), CLI]) {
    for (const version of [
      '0.12.18',
      '8.17.0',
      '18.20.8',
      `${major}.${minor - 1}.99`,
      `${major}.${minor}.0`,
    ]) {
      const { code, stdout, stderr } = await runAs(version, file, '--version');
      assert.equal(code, 1, version);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.ok(stderr.includes(`needs Node.js ${least} or later; this is Node.js ${version}.`), stderr);
    }
  }
});

test('runs on the required version and later ones', async () => {
  const { version, bin, engines } = await manifest();
  const file = join(ROOT, bin['edge-upload'] ?? '');
  for (const node of [engines.node.replace('>=', ''), '22.0.0', '100.0.0']) {
    assert.equal((await runAs(node, file, '--version')).stdout, `${version}\n`, node);
  }
  assert.match((await runAs('24.1.0', file, '--help')).stdout, /^Usage: edge-upload/);
});

test('contains only syntax that an old Node can parse', async () => {
  const { bin } = await manifest();
  const source = await readFile(join(ROOT, bin['edge-upload'] ?? ''), 'utf8');
  // esbuild refuses syntax that it cannot lower to ES5, such as const, and rewrites other newer syntax. A difference shows it.
  const same = async (target: string) => (await transform(source, { target, minifyWhitespace: true })).code;
  assert.equal(await same('es5'), await same('esnext'));
  assert.doesNotMatch(source, /\bimport\b\s*\(/);
});

test('reports in one line that a version cannot be printed', {
  skip: process.platform === 'linux' ? false : 'Linux alone has /dev/full',
}, async (t) => {
  const full = await open('/dev/full', 'w');
  t.after(() => full.close());
  const child = spawn(process.execPath, [CLI, '--version'], { stdio: ['ignore', full.fd, 'pipe'] });
  const [errors, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
  assert.equal(code, 1);
  assert.equal(errors, 'error: Standard output cannot be written (ENOSPC).\n');
});
